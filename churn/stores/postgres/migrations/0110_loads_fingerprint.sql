-- The ledger of loads keeps a fingerprint of the stored rows, so that a row changed by another program is found.
ALTER TABLE raw_data.loads ADD COLUMN rows_fingerprint numeric;
COMMENT ON COLUMN raw_data.loads.rows_fingerprint IS 'Of the stored rows, to find rows that another program changed; NULL where it was not recorded';

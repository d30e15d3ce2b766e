-- A ledger keeps that a customer was forgotten, without the number. Loads and scored dates count the customers forgotten since.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps.
ALTER TABLE raw_data.loads ADD COLUMN rows_forgotten bigint DEFAULT '0'::bigint NOT NULL;
ALTER TABLE ops.publications ADD COLUMN forgotten_count bigint DEFAULT '0'::bigint NOT NULL;
COMMENT ON COLUMN raw_data.loads.rows_forgotten IS 'Rows of customers who were forgotten: left out when it was loaded, or deleted since';
COMMENT ON COLUMN ops.publications.forgotten_count IS 'Customers who were scored or refused and have been forgotten since; in no other count';

-- A second file of the same day, such as usage or tickets, has a ledger line of its own.
CREATE TABLE IF NOT EXISTS raw_data.second_loads (
    load_id bigint NOT NULL,
    source_name text NOT NULL,
    source text NOT NULL,
    sha256 text NOT NULL,
    rows_read bigint NOT NULL,
    rows_matched bigint NOT NULL,
    PRIMARY KEY (load_id, source_name)
);
COMMENT ON TABLE raw_data.second_loads IS
    'Ledger: one row per second file that was joined to an extract, such as usage or tickets.';
COMMENT ON COLUMN raw_data.second_loads.load_id IS 'The load of the extract (raw_data.loads)';
COMMENT ON COLUMN raw_data.second_loads.source_name IS 'The declared source, such as usage';
COMMENT ON COLUMN raw_data.second_loads.source IS 'Where the file came from';
COMMENT ON COLUMN raw_data.second_loads.sha256 IS 'Of the bytes as they arrived';
COMMENT ON COLUMN raw_data.second_loads.rows_read IS 'Rows in the file, one per customer';
COMMENT ON COLUMN raw_data.second_loads.rows_matched IS 'Rows of customers of the extract';

/* One row per file taken in or refused: rows, outcome, reason. */
MODEL (
  name reporting.load_history,
  kind VIEW,
  description 'One row per file taken in or refused: when, from where, how many rows, what became of it and why.',
  grain (
    load_id
  ),
  audits (
    unique_values(columns := (
      load_id
    )),
    not_null(columns := (load_id, snapshot_date, status, is_synthetic))
  )
);

SELECT
  load_id::BIGINT AS load_id, /* Number of the load, in order */
  snapshot_date::DATE AS snapshot_date, /* Business date of the extract */
  source::TEXT AS source, /* Where the file came from */
  (
    origin = 'synthetic'
  )::BOOLEAN AS is_synthetic, /* Every customer comes from the simulator: nobody is real */
  status::TEXT AS status, /* started, loaded, superseded, refused or interrupted */
  reason::TEXT AS reason, /* Why it was refused or interrupted, or which load superseded it; NULL otherwise */
  rows_read::BIGINT AS rows_read, /* Rows in the file */
  rows_accepted::BIGINT AS rows_accepted, /* Rows that kept the contract */
  rows_rejected::BIGINT AS rows_rejected, /* Rows set aside, with reasons */
  (
    rows_rejected::DOUBLE PRECISION / NULLIF(rows_read, 0)
  )::DOUBLE PRECISION AS rejected_share, /* Share of rows set aside, 0 to 1; NULL when none was read */
  cells_normalised::BIGINT AS cells_normalised, /* Spaces or case put right */
  monthly_charges_total::DECIMAL(18, 2) AS monthly_charges_total, /* Sum over accepted rows, USD a month */
  notes::TEXT[] AS notes, /* Ignored columns, new words, and so on */
  started_at::TIMESTAMPTZ AS started_at, /* When it began, UTC */
  ended_at::TIMESTAMPTZ AS ended_at /* When it ended, UTC; NULL while it is at work */
FROM raw_data.loads

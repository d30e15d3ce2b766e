/* One row per loaded or refused file: rows, outcome and reason. */
MODEL (
  name reporting.load_history,
  kind VIEW,
  description 'One row per loaded or refused file: times, source, number of rows, outcome and reason.',
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
  load_id::BIGINT AS load_id, /* The number of the load, in order */
  snapshot_date::DATE AS snapshot_date, /* The business date of the extract */
  source::TEXT AS source, /* The path or address of the file */
  (
    origin = 'synthetic'
  )::BOOLEAN AS is_synthetic, /* Whether the simulator made the customers: then none of them is real */
  status::TEXT AS status, /* The outcome: started, loaded, superseded, refused or interrupted */
  reason::TEXT AS reason, /* Why the file was refused or interrupted, or which load superseded it; NULL otherwise */
  rows_read::BIGINT AS rows_read, /* Number of rows in the file */
  rows_accepted::BIGINT AS rows_accepted, /* Number of rows that keep the contract */
  rows_rejected::BIGINT AS rows_rejected, /* Number of rejected rows, with reasons */
  (
    rows_rejected::DOUBLE PRECISION / NULLIF(rows_read, 0)
  )::DOUBLE PRECISION AS rejected_share, /* The share of rejected rows, 0 to 1; NULL if no row was read */
  cells_normalised::BIGINT AS cells_normalised, /* Number of cells whose spaces or case were corrected */
  monthly_charges_total::DECIMAL(18, 2) AS monthly_charges_total, /* The sum of the monthly charges of the accepted rows, in USD */
  currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  notes::TEXT[] AS notes, /* Remarks about the file: ignored columns, new words and others */
  started_at::TIMESTAMPTZ AS started_at, /* When the load started, in UTC */
  ended_at::TIMESTAMPTZ AS ended_at /* When the load ended, in UTC; NULL while it is running */
FROM raw_data.loads

/* One row per load and reason: why rows were rejected. */
MODEL (
  name reporting.reject_reasons,
  kind VIEW,
  description 'One row per load and reason for rejected rows. A row that breaks several rules counts once for each rule. The data team reads the rows themselves with `churn rejects`.',
  grain (load_id, reason),
  audits (
    unique_combination_of_columns(columns := (load_id, reason)),
    not_null(columns := (load_id, reason, rows_count))
  )
);

WITH broken_rules AS (
  SELECT
    rejected.load_id,
    SPLIT_PART(broken.reason, ', found ', 1) AS reason
  FROM raw_data.rejected_rows AS rejected
  CROSS JOIN UNNEST(rejected.reasons) AS broken(reason)
)
SELECT
  load_id::BIGINT AS load_id, /* The number of the load */
  reason::TEXT AS reason, /* The rule that the rows break, in words, without the value of a row */
  COUNT(*)::BIGINT AS rows_count /* Number of rows that break the rule */
FROM broken_rules
GROUP BY
  load_id,
  reason

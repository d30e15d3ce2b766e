/* One row per load and reason: why rows were set aside. */
MODEL (
  name reporting.reject_reasons,
  kind VIEW,
  description 'One row per load and reason for which rows were set aside. A row that broke several rules counts once under each. The rows themselves stay with the data team: `churn rejects`.',
  grain (load_id, reason),
  audits (
    unique_combination_of_columns(columns := (load_id, reason)),
    not_null(columns := (load_id, reason, rows_count))
  )
);

WITH told AS (
  SELECT
    rejected.load_id,
    SPLIT_PART(broken.reason, ', found ', 1) AS reason
  FROM raw_data.rejected_rows AS rejected
  CROSS JOIN UNNEST(rejected.reasons) AS broken(reason)
)
SELECT
  load_id::BIGINT AS load_id, /* The load */
  reason::TEXT AS reason, /* The rule that was broken, in words, without what was found */
  COUNT(*)::BIGINT AS rows_count /* Rows that broke it */
FROM told
GROUP BY
  load_id,
  reason

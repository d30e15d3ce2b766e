/* One row per customer and as-of date: how the declared columns with over_days developed until then. */
MODEL (
  name analytics.declared_changes,
  kind VIEW,
  description 'One row per customer and as-of date: how the declared columns with over_days developed until then, from the stored extracts up to the date (analytics.history_windows). It is a view, because a correction of an earlier day changes it too. Without such columns it has no rows.',
  grain (as_of_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (as_of_date, customer_id)),
    not_null(columns := (as_of_date, customer_id))
  )
);

WITH windows AS (
  SELECT
    as_of_date,
    earlier_date,
    as_of_date - earlier_date AS days_before
  FROM analytics.history_windows
), customers AS (
  SELECT
    as_of_date,
    customer_id,
    @looking_back(fct_customer_features)
  FROM analytics.fct_customer_features
)
SELECT
  windows.as_of_date::DATE AS as_of_date, /* The date that the features describe */
  now.customer_id::TEXT AS customer_id, /* The customer number of the company */
  @declared_past(now, earlier)
FROM windows
INNER JOIN customers AS now
  ON now.as_of_date = windows.as_of_date
INNER JOIN customers AS earlier
  ON earlier.as_of_date = windows.earlier_date
  AND earlier.customer_id = now.customer_id
GROUP BY
  windows.as_of_date,
  now.customer_id

/* One row per customer and as-of date with an extract of about 30 days before: how much more the customer pays than then. Six decimals: the noise of floats is no change. */
MODEL (
  name analytics.price_changes,
  kind VIEW,
  description 'One row per customer and as-of date with an extract of about 30 days before (analytics.change_windows): how much more the customer pays than then. It is a view, because a correction of the earlier day changes it too. Dates without such an extract have no rows: their price changes are not known.',
  grain (as_of_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (as_of_date, customer_id)),
    not_null(columns := (as_of_date, customer_id, earlier_date))
  )
);

WITH windows AS (
  SELECT
    as_of_date,
    earlier_date
  FROM analytics.change_windows
), prices AS (
  SELECT
    as_of_date,
    customer_id,
    monthly_charges,
    price_above_list_usd
  FROM analytics.fct_customer_features
)
SELECT
  windows.as_of_date::DATE AS as_of_date, /* The date that the features describe */
  customers.customer_id::TEXT AS customer_id, /* The customer number of the company */
  windows.earlier_date::DATE AS earlier_date, /* The extract that the price is compared with, about 30 days before */
  CASE
    WHEN earlier.customer_id IS NULL
    THEN 0
    ELSE COALESCE(
      customers.price_above_list_usd - earlier.price_above_list_usd,
      customers.monthly_charges - earlier.monthly_charges
    )::DECIMAL(18, 6)
  END::DOUBLE PRECISION AS price_change_30d_usd /* How much more the customer pays a month than then, in USD, for the same services where their list prices are known; 0 for a customer who was not in the earlier extract */
FROM windows
INNER JOIN prices AS customers
  ON customers.as_of_date = windows.as_of_date
LEFT JOIN prices AS earlier
  ON earlier.as_of_date = windows.earlier_date
  AND earlier.customer_id = customers.customer_id

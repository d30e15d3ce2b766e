/* One row per customer and as-of date whose 30 days are over: whether the customer left within these days. */
MODEL (
  name analytics.training_examples,
  kind VIEW,
  description 'One row per active customer and as-of date whose 30 days are over: whether the customer left within these days. The features are in analytics.fct_customer_features under the same key. A date matures with the extract of exactly 30 days later. Rewound days are no examples, nor are customers who are missing from that later extract.',
  grain (as_of_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (as_of_date, customer_id)),
    not_null(columns := (as_of_date, customer_id, left_within_30_days))
  )
);

WITH active AS (
  SELECT
    snapshot_date,
    customer_id,
    (
      snapshot_date + INTERVAL '30 DAYS'
    )::DATE AS matured_on
  FROM staging.stg_telco_churn
  WHERE
    NOT has_churned AND NOT is_reconstructed
), later AS (
  SELECT
    snapshot_date,
    customer_id,
    has_churned
  FROM staging.stg_telco_churn
  WHERE
    NOT is_reconstructed
)
SELECT
  active.snapshot_date::DATE AS as_of_date, /* The as-of date of the example */
  active.customer_id::TEXT AS customer_id, /* The customer number of the company */
  active.matured_on::DATE AS matured_on, /* The date 30 days later, whose extract shows who left; before this date no model may be trained on the example */
  later.has_churned::BOOLEAN AS left_within_30_days /* The label: the extract of that date marks the customer as churned; a customer who left stays in the extracts for a month */
FROM active
JOIN later
  ON later.customer_id = active.customer_id
  AND later.snapshot_date = active.matured_on

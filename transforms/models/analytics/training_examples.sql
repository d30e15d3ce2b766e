/* One row per customer and as-of date whose 30 days are over: did who was a customer then leave within them? */
MODEL (
  name analytics.training_examples,
  kind VIEW,
  description 'One row per active customer and as-of date whose 30 days are over: whether the customer left within them. Its features are in analytics.fct_customer_features under the same key. A date matures with the extract of exactly 30 days later; rewound days, and customers whom that extract does not hold, are no examples.',
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
  active.snapshot_date::DATE AS as_of_date, /* The day whose features the example has */
  active.customer_id::TEXT AS customer_id, /* The company's own customer number */
  active.matured_on::DATE AS matured_on, /* 30 days later, when an extract told who had left: before it, nobody may learn from the example */
  later.has_churned::BOOLEAN AS left_within_30_days /* The label: the extract of that day says that the customer left; who left stays in the extracts for a month */
FROM active
JOIN later
  ON later.customer_id = active.customer_id
  AND later.snapshot_date = active.matured_on

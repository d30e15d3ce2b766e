/* One row per customer and snapshot date: the row of the extract, typed, with Yes and No as booleans, without derived columns. */
MODEL (
  name staging.stg_telco_churn,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column snapshot_date
  ),
  description 'One row per customer and snapshot date: the row of the extract, typed, with Yes and No as booleans, without derived columns. Rows of days before the first snapshot were rewound by a backfill and are marked.',
  grain (snapshot_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (snapshot_date, customer_id)),
    not_null(columns := (snapshot_date, customer_id, has_churned, load_id)),
    accepted_range(column := tenure_months, min_v := 0),
    same_customers_as_raw()
  )
);

WITH customers AS (
  SELECT
    @snapshot_columns(customers),
    @declared_columns(declared),
    FALSE AS is_reconstructed
  FROM raw_data.telco_churn_raw AS customers
  LEFT @JOIN(@has_declared()) raw_data.declared_columns AS declared
    ON declared.snapshot_date = customers.snapshot_date
    AND declared.customer_id = customers.customer_id
  WHERE
    customers.snapshot_date BETWEEN @start_date AND @end_date
  UNION ALL
  SELECT
    @snapshot_columns(customers),
    @declared_columns(declared),
    TRUE AS is_reconstructed
  FROM raw_data.telco_churn_reconstructed AS customers
  LEFT @JOIN(@has_declared()) raw_data.declared_columns AS declared
    ON declared.load_id = customers.load_id
    AND declared.customer_id = customers.customer_id
  WHERE
    customers.snapshot_date BETWEEN @start_date AND @end_date
)
SELECT
  snapshot_date::DATE AS snapshot_date, /* The business date of the extract */
  customer_id::TEXT AS customer_id, /* The customer number of the company */
  gender::TEXT AS gender, /* Female or Male; used to measure fairness, never a model feature */
  senior_citizen = 1 AS is_senior_citizen, /* Whether the customer is 65 or older */
  partner = 'Yes' AS has_partner, /* Whether the customer lives with a partner */
  dependents = 'Yes' AS has_dependents, /* Whether the customer lives with children, parents or other dependents */
  tenure::INT AS tenure_months, /* The whole months as a customer; 0 means joined this month; NULL if the extract does not say it */
  phone_service = 'Yes' AS has_phone_service, /* Whether the customer has a phone line */
  multiple_lines = 'Yes' AS has_multiple_lines, /* Whether the customer has a second phone line; false without phone */
  CASE internet_service WHEN 'No' THEN 'None' ELSE internet_service END::TEXT AS internet_service, /* The internet service: DSL, Fiber optic or None */
  online_security = 'Yes' AS has_online_security, /* Whether the customer has online security; false without internet */
  online_backup = 'Yes' AS has_online_backup, /* Whether the customer has online backup; false without internet */
  device_protection = 'Yes' AS has_device_protection, /* Whether the customer has device protection; false without internet */
  tech_support = 'Yes' AS has_tech_support, /* Whether the customer has technical support; false without internet */
  streaming_tv = 'Yes' AS has_streaming_tv, /* Whether the customer has streaming television; false without internet */
  streaming_movies = 'Yes' AS has_streaming_movies, /* Whether the customer has streaming movies; false without internet */
  contract::TEXT AS contract, /* The contract: Month-to-month, One year or Two year */
  paperless_billing = 'Yes' AS uses_paperless_billing, /* Whether the customer gets electronic bills only */
  payment_method::TEXT AS payment_method, /* How the customer pays the bill */
  monthly_charges::DOUBLE PRECISION AS monthly_charges, /* The bill of one month, in USD; NULL if the extract has no value a month */
  CASE WHEN tenure = 0 THEN COALESCE(total_charges, 0) ELSE total_charges END::DOUBLE PRECISION AS total_charges, /* The sum of all bills since joining, in USD; a blank at tenure 0 means that nothing was billed yet, so it is 0; NULL if the extract does not say it */
  churn = 'Yes' AS has_churned, /* Whether the customer left within the month that the extract covers */
  @left_involuntarily(customers)::BOOLEAN AS left_involuntarily, /* Whether the customer left without deciding to, by a declared word such as non-payment or death; such leavers are no label */
  left_on::DATE AS left_on, /* The leaving date; NULL if the extract has none */
  load_id::BIGINT AS load_id, /* The load (raw_data.loads) of the row, or of the row that it was rewound from */
  @declared_typed(customers),
  is_reconstructed::BOOLEAN AS is_reconstructed /* Whether a backfill rewound the row from the first snapshot; no extract has such a row */
FROM customers;

@index_the_grain(snapshot_date, customer_id);

@analyze_the_table()

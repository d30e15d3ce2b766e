/* One row per customer and snapshot date: the extract's row, typed, its Yes/No words made booleans, nothing derived. */
MODEL (
  name staging.stg_telco_churn,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column snapshot_date
  ),
  description 'One row per customer and snapshot date: the extract as it arrived, typed, its Yes/No words made booleans. Nothing derived. Days before the first snapshot are those a backfill rewound, marked.',
  grain (snapshot_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (snapshot_date, customer_id)),
    not_null(
      columns := (
        snapshot_date,
        customer_id,
        tenure_months,
        monthly_charges,
        total_charges,
        has_churned,
        load_id
      )
    ),
    accepted_range(column := tenure_months, min_v := 0),
    accepted_range(column := monthly_charges, min_v := 0, inclusive := FALSE),
    same_customers_as_raw()
  )
);

WITH customers AS (
  SELECT
    snapshot_date,
    customer_id,
    gender,
    senior_citizen,
    partner,
    dependents,
    tenure,
    phone_service,
    multiple_lines,
    internet_service,
    online_security,
    online_backup,
    device_protection,
    tech_support,
    streaming_tv,
    streaming_movies,
    contract,
    paperless_billing,
    payment_method,
    monthly_charges,
    total_charges,
    churn,
    load_id,
    FALSE AS is_reconstructed
  FROM raw_data.telco_churn_raw
  WHERE
    snapshot_date BETWEEN @start_date AND @end_date
  UNION ALL
  SELECT
    snapshot_date,
    customer_id,
    gender,
    senior_citizen,
    partner,
    dependents,
    tenure,
    phone_service,
    multiple_lines,
    internet_service,
    online_security,
    online_backup,
    device_protection,
    tech_support,
    streaming_tv,
    streaming_movies,
    contract,
    paperless_billing,
    payment_method,
    monthly_charges,
    total_charges,
    churn,
    load_id,
    TRUE AS is_reconstructed
  FROM raw_data.telco_churn_reconstructed
  WHERE
    snapshot_date BETWEEN @start_date AND @end_date
)
SELECT
  snapshot_date::DATE AS snapshot_date, /* Business date of the extract */
  customer_id::TEXT AS customer_id, /* The company's own customer number */
  gender::TEXT AS gender, /* Female or Male; for fairness slices, never a model feature */
  senior_citizen = 1 AS is_senior_citizen, /* 65 or older */
  partner = 'Yes' AS has_partner, /* Lives with a partner */
  dependents = 'Yes' AS has_dependents, /* Lives with children, parents or other dependents */
  tenure::INT AS tenure_months, /* Whole months as a customer; 0 = joined this month */
  phone_service = 'Yes' AS has_phone_service, /* Holds a phone line */
  multiple_lines = 'Yes' AS has_multiple_lines, /* Holds a second phone line; false without phone */
  CASE internet_service WHEN 'No' THEN 'None' ELSE internet_service END::TEXT AS internet_service, /* DSL, Fiber optic or None */
  online_security = 'Yes' AS has_online_security, /* Holds online security; false without internet */
  online_backup = 'Yes' AS has_online_backup, /* Holds online backup; false without internet */
  device_protection = 'Yes' AS has_device_protection, /* Holds device protection; false without internet */
  tech_support = 'Yes' AS has_tech_support, /* Holds technical support; false without internet */
  streaming_tv = 'Yes' AS has_streaming_tv, /* Holds streaming television; false without internet */
  streaming_movies = 'Yes' AS has_streaming_movies, /* Holds streaming movies; false without internet */
  contract::TEXT AS contract, /* Month-to-month, One year or Two year */
  paperless_billing = 'Yes' AS uses_paperless_billing, /* Bills arrive electronically only */
  payment_method::TEXT AS payment_method, /* How the bill is paid */
  monthly_charges::DOUBLE PRECISION AS monthly_charges, /* Billed per month, USD */
  COALESCE(total_charges, 0)::DOUBLE PRECISION AS total_charges, /* Billed since joining, USD; blank at tenure 0 is nothing billed yet, so 0 */
  churn = 'Yes' AS has_churned, /* Left within the month the extract covers */
  load_id::BIGINT AS load_id, /* The load (raw_data.loads) this row came with, or was rewound from */
  is_reconstructed::BOOLEAN AS is_reconstructed /* Rewound from the first snapshot by a backfill: no source said it */
FROM customers;

@index_the_grain(snapshot_date, customer_id);

@analyze_the_table()

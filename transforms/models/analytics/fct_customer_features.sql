/* One row per customer and as-of date: all that the model and a caller may know about the customer on that day. */
MODEL (
  name analytics.fct_customer_features,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column as_of_date
  ),
  description 'One row per customer and as-of date: the features a model may use, the words a caller needs, and the label.',
  grain (as_of_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (as_of_date, customer_id)),
    not_null(
      columns := (
        as_of_date,
        customer_id,
        tenure_months,
        monthly_charges,
        total_charges,
        has_churned,
        avg_monthly_per_tenure,
        price_above_list_usd
      )
    ),
    exactly_one_contract_flag(),
    accepted_range(column := churn_risk_score, min_v := 0, max_v := 10),
    accepted_range(column := services_count, min_v := 0, max_v := 9)
  )
);

WITH customers AS (
  SELECT
    snapshot_date,
    customer_id,
    gender,
    is_senior_citizen,
    has_partner,
    has_dependents,
    tenure_months,
    has_phone_service,
    has_multiple_lines,
    internet_service,
    internet_service <> 'None' AS has_internet_service,
    internet_service = 'Fiber optic' AS has_fiber_optic,
    has_online_security,
    has_online_backup,
    has_device_protection,
    has_tech_support,
    has_streaming_tv,
    has_streaming_movies,
    contract,
    contract = 'Month-to-month' AS is_month_to_month,
    uses_paperless_billing,
    payment_method,
    payment_method = 'Electronic check' AS uses_electronic_check,
    monthly_charges,
    total_charges,
    has_churned
  FROM staging.stg_telco_churn
  WHERE
    snapshot_date BETWEEN @start_date AND @end_date
)
SELECT
  customers.snapshot_date::DATE AS as_of_date, /* The day these features describe; equals the snapshot date */
  customers.customer_id::TEXT AS customer_id, /* The company's own customer number */
  customers.tenure_months::INT AS tenure_months, /* Whole months as a customer; 0 = joined this month */
  LN(1 + customers.tenure_months)::DOUBLE PRECISION AS tenure_log, /* Natural log of 1 + months: risk falls fast at first, then slowly; the strongest non-linear term */
  (
    1.0 / (
      1 + customers.tenure_months
    )
  )::DOUBLE PRECISION AS tenure_inverse, /* 1 / (1 + months), 1 at joining: the first months are unlike all others */
  customers.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* Billed per month, USD */
  customers.total_charges::DOUBLE PRECISION AS total_charges, /* Billed since joining, USD; 0 at tenure 0 */
  (
    customers.monthly_charges / GREATEST(customers.tenure_months, 1)
  )::DOUBLE PRECISION AS avg_monthly_per_tenure, /* Monthly charge divided by months of tenure, USD per month; at tenure 0 divided by 1 */
  prices.list_price_usd::DOUBLE PRECISION AS list_price_usd, /* List price of the services held, USD per month */
  (
    customers.monthly_charges - prices.list_price_usd
  )::DOUBLE PRECISION AS price_above_list_usd, /* Billed above (+) or below (-) list price, USD per month */
  (
    customers.has_phone_service::INT + customers.has_multiple_lines::INT + customers.has_internet_service::INT + customers.has_online_security::INT + customers.has_online_backup::INT + customers.has_device_protection::INT + customers.has_tech_support::INT + customers.has_streaming_tv::INT + customers.has_streaming_movies::INT
  )::INT AS services_count, /* Services held, 0 to 9: phone, second line, internet and six add-ons */
  customers.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* 65 or older */
  customers.has_partner::BOOLEAN AS has_partner, /* Lives with a partner */
  customers.has_dependents::BOOLEAN AS has_dependents, /* Lives with children, parents or other dependents */
  customers.has_phone_service::BOOLEAN AS has_phone_service, /* Holds a phone line */
  customers.has_multiple_lines::BOOLEAN AS has_multiple_lines, /* Holds a second phone line */
  customers.has_internet_service::BOOLEAN AS has_internet_service, /* Holds DSL or fiber */
  customers.has_fiber_optic::BOOLEAN AS has_fiber_optic, /* Holds fiber: dearer, more competitors, leaves most */
  customers.has_online_security::BOOLEAN AS has_online_security, /* Holds online security */
  customers.has_online_backup::BOOLEAN AS has_online_backup, /* Holds online backup */
  customers.has_device_protection::BOOLEAN AS has_device_protection, /* Holds device protection */
  customers.has_tech_support::BOOLEAN AS has_tech_support, /* Holds technical support */
  customers.has_streaming_tv::BOOLEAN AS has_streaming_tv, /* Holds streaming television */
  customers.has_streaming_movies::BOOLEAN AS has_streaming_movies, /* Holds streaming movies */
  customers.is_month_to_month::BOOLEAN AS is_month_to_month, /* Free to leave every month */
  (
    customers.contract = 'One year'
  )::BOOLEAN AS is_one_year_contract, /* Bound for a year */
  (
    customers.contract = 'Two year'
  )::BOOLEAN AS is_two_year_contract, /* Bound for two years */
  customers.uses_paperless_billing::BOOLEAN AS uses_paperless_billing, /* Bills arrive electronically only */
  customers.uses_electronic_check::BOOLEAN AS uses_electronic_check, /* Pays by hand, every month, electronically */
  (
    customers.payment_method LIKE '%(automatic)'
  )::BOOLEAN AS uses_automatic_payment, /* Pays by bank transfer or card without acting */
  (
    customers.has_internet_service
    AND NOT customers.has_online_security
    AND NOT customers.has_online_backup
  )::BOOLEAN AS no_security_no_backup, /* Internet with neither security nor backup: least tied in */
  (
    customers.monthly_charges > 70 AND customers.tenure_months < 12
  )::BOOLEAN AS high_monthly_low_tenure, /* Above 70 USD a month within the first 12 months */
  (
    3 * customers.is_month_to_month::INT + 2 * (
      customers.tenure_months < 12
    )::INT + 2 * customers.has_fiber_optic::INT + customers.uses_electronic_check::INT + customers.uses_paperless_billing::INT + (
      customers.has_internet_service AND NOT customers.has_tech_support
    )::INT
  )::INT AS churn_risk_score, /* Rule of thumb, 0 to 10: 3 month-to-month, 2 under 12 months, 2 fiber, 1 each electronic check, paperless, internet without support. Readable, not calibrated, never a model feature */
  customers.gender::TEXT AS gender, /* Female or Male; for fairness slices, never a model feature */
  customers.internet_service::TEXT AS internet_service, /* DSL, Fiber optic or None */
  customers.contract::TEXT AS contract, /* Month-to-month, One year or Two year */
  customers.payment_method::TEXT AS payment_method, /* How the bill is paid */
  CASE
    WHEN customers.tenure_months <= 12
    THEN '0-12'
    WHEN customers.tenure_months <= 24
    THEN '13-24'
    WHEN customers.tenure_months <= 48
    THEN '25-48'
    ELSE '49+'
  END::TEXT AS tenure_band, /* Months as a customer, in four bands */
  customers.has_churned::BOOLEAN AS has_churned /* The label: left within the month the extract covers */
FROM customers
CROSS JOIN LATERAL (
  SELECT
    20 * customers.has_phone_service::INT + 5 * customers.has_multiple_lines::INT + 25 * customers.has_internet_service::INT + 25 * customers.has_fiber_optic::INT + 5 * (
      customers.has_online_security::INT + customers.has_online_backup::INT + customers.has_device_protection::INT + customers.has_tech_support::INT
    ) + 10 * (
      customers.has_streaming_tv::INT + customers.has_streaming_movies::INT
    ) AS list_price_usd
) AS prices;

@index_the_grain(as_of_date, customer_id);

@analyze_the_table()

/* One row per customer and as-of date: everything that a model and a caller may know about the customer on that date. */
MODEL (
  name analytics.fct_customer_features,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column as_of_date
  ),
  description 'One row per customer and as-of date: the features that a model may use, the attributes that a caller needs, and the label.',
  grain (as_of_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (as_of_date, customer_id)),
    not_null(columns := (as_of_date, customer_id, has_churned)),
    exactly_one_contract_flag(),
    is_known_of_all_or_none(column := tenure_months),
    is_known_of_all_or_none(column := monthly_charges),
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
    @declared_columns(stg_telco_churn),
    has_churned,
    left_involuntarily
  FROM staging.stg_telco_churn
  WHERE
    snapshot_date BETWEEN @start_date AND @end_date
)
SELECT
  customers.snapshot_date::DATE AS as_of_date, /* The date that the features describe; it equals the snapshot date */
  customers.customer_id::TEXT AS customer_id, /* The customer number of the company */
  customers.tenure_months::INT AS tenure_months, /* The whole months as a customer; 0 means joined this month; NULL if the extract does not say it */
  LN(1 + customers.tenure_months)::DOUBLE PRECISION AS tenure_log, /* The natural logarithm of 1 + months: the risk falls fast at first, then slowly; this is the strongest non-linear term */
  (
    1.0 / (
      1 + customers.tenure_months
    )
  )::DOUBLE PRECISION AS tenure_inverse, /* 1 / (1 + months), which is 1 at joining: the risk of the first months differs from all later months */
  customers.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* The bill of one month, in USD; NULL if the extract has no value a month */
  customers.total_charges::DOUBLE PRECISION AS total_charges, /* The sum of all bills since joining, in USD; 0 at tenure 0 */
  CASE
    WHEN NOT customers.tenure_months IS NULL
    THEN customers.monthly_charges / GREATEST(customers.tenure_months, 1)
  END::DOUBLE PRECISION AS avg_monthly_per_tenure, /* The monthly charge divided by the months of tenure (by 1 at tenure 0), in USD a month */
  prices.list_price_usd::DOUBLE PRECISION AS list_price_usd, /* The list price of the customer's services, in USD a month */
  (
    customers.monthly_charges - prices.list_price_usd
  )::DOUBLE PRECISION AS price_above_list_usd, /* Monthly charge minus list price, in USD a month */
  (
    customers.has_phone_service::INT + customers.has_multiple_lines::INT + customers.has_internet_service::INT + customers.has_online_security::INT + customers.has_online_backup::INT + customers.has_device_protection::INT + customers.has_tech_support::INT + customers.has_streaming_tv::INT + customers.has_streaming_movies::INT
  )::INT AS services_count, /* Number of services of the customer, 0 to 9: phone, second line, internet and six add-ons */
  customers.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* Whether the customer is 65 or older */
  customers.has_partner::BOOLEAN AS has_partner, /* Whether the customer lives with a partner */
  customers.has_dependents::BOOLEAN AS has_dependents, /* Whether the customer lives with children, parents or other dependents */
  customers.has_phone_service::BOOLEAN AS has_phone_service, /* Whether the customer has a phone line */
  customers.has_multiple_lines::BOOLEAN AS has_multiple_lines, /* Whether the customer has a second phone line */
  customers.has_internet_service::BOOLEAN AS has_internet_service, /* Whether the customer has DSL or fiber */
  customers.has_fiber_optic::BOOLEAN AS has_fiber_optic, /* Whether the customer has fiber, which is more expensive, has more competitors and the highest churn */
  customers.has_online_security::BOOLEAN AS has_online_security, /* Whether the customer has online security */
  customers.has_online_backup::BOOLEAN AS has_online_backup, /* Whether the customer has online backup */
  customers.has_device_protection::BOOLEAN AS has_device_protection, /* Whether the customer has device protection */
  customers.has_tech_support::BOOLEAN AS has_tech_support, /* Whether the customer has technical support */
  customers.has_streaming_tv::BOOLEAN AS has_streaming_tv, /* Whether the customer has streaming television */
  customers.has_streaming_movies::BOOLEAN AS has_streaming_movies, /* Whether the customer has streaming movies */
  customers.is_month_to_month::BOOLEAN AS is_month_to_month, /* Whether the customer can leave every month */
  (
    customers.contract = 'One year'
  )::BOOLEAN AS is_one_year_contract, /* Whether the contract runs for one year */
  (
    customers.contract = 'Two year'
  )::BOOLEAN AS is_two_year_contract, /* Whether the contract runs for two years */
  customers.uses_paperless_billing::BOOLEAN AS uses_paperless_billing, /* Whether the customer gets electronic bills only */
  customers.uses_electronic_check::BOOLEAN AS uses_electronic_check, /* Whether the customer pays each month by electronic check, which needs an action each time */
  (
    customers.payment_method LIKE '%(automatic)'
  )::BOOLEAN AS uses_automatic_payment, /* Whether the customer pays by automatic bank transfer or credit card */
  (
    customers.has_internet_service
    AND NOT customers.has_online_security
    AND NOT customers.has_online_backup
  )::BOOLEAN AS no_security_no_backup, /* Whether the customer has internet without security and backup: such a customer can switch most easily */
  (
    customers.monthly_charges > 70 AND customers.tenure_months < 12
  )::BOOLEAN AS high_monthly_low_tenure, /* Whether the customer pays more than 70 USD a month within the first 12 months */
  (
    3 * customers.is_month_to_month::INT + 2 * (
      customers.tenure_months < 12
    )::INT + 2 * customers.has_fiber_optic::INT + customers.uses_electronic_check::INT + customers.uses_paperless_billing::INT + (
      customers.has_internet_service AND NOT customers.has_tech_support
    )::INT
  )::INT AS churn_risk_score, /* A rule of thumb, 0 to 10: 3 points for month-to-month, 2 for less than 12 months, 2 for fiber, 1 each for electronic check, paperless billing and internet without support. Easy to read, not calibrated, never a model feature */
  customers.gender::TEXT AS gender, /* Female or Male; used to measure fairness, never a model feature */
  customers.internet_service::TEXT AS internet_service, /* The internet service: DSL, Fiber optic or None */
  customers.contract::TEXT AS contract, /* The contract: Month-to-month, One year or Two year */
  customers.payment_method::TEXT AS payment_method, /* How the customer pays the bill */
  CASE
    WHEN customers.tenure_months IS NULL
    THEN NULL
    WHEN customers.tenure_months <= 12
    THEN '0-12'
    WHEN customers.tenure_months <= 24
    THEN '13-24'
    WHEN customers.tenure_months <= 48
    THEN '25-48'
    ELSE '49+'
  END::TEXT AS tenure_band, /* The months as a customer, in four bands: 0-12, 13-24, 25-48, 49+; NULL if the extract has no tenure */
  @declared_features(customers, customers.snapshot_date),
  customers.has_churned::BOOLEAN AS has_churned, /* The label: whether the customer left within the month that the extract covers */
  customers.left_involuntarily::BOOLEAN AS left_involuntarily /* Whether such a customer did not decide to leave: then the row is no example */
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

/* One row per prediction date and customer profile: additive counts and money, so that every figure people see is a sum of these. */
MODEL (
  name analytics.risk_by_profile,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column prediction_date
  ),
  description 'One row per prediction date and profile (contract, tenure band, internet, payment, senior): counts and money that may be added up, exact decimals so that no order of adding changes them. At most 288 rows a day, whatever the number of customers.',
  grain (
    prediction_date,
    contract,
    tenure_band,
    internet_service,
    payment_method,
    is_senior_citizen
  ),
  audits (
    unique_combination_of_columns(
      columns := (
        prediction_date,
        contract,
        tenure_band,
        internet_service,
        payment_method,
        is_senior_citizen
      )
    ),
    not_null(
      columns := (
        prediction_date,
        contract,
        tenure_band,
        internet_service,
        payment_method,
        is_senior_citizen
      )
    ),
    tiers_add_up_to_active(),
    confusion_adds_up_to_customers(),
    profiles_add_up_to_predictions()
  )
);

SELECT
  prediction_date::DATE AS prediction_date, /* The day that was scored */
  contract::TEXT AS contract, /* Month-to-month, One year or Two year */
  tenure_band::TEXT AS tenure_band, /* Months as a customer, in four bands */
  internet_service::TEXT AS internet_service, /* DSL, Fiber optic or None */
  payment_method::TEXT AS payment_method, /* How the bill is paid */
  is_senior_citizen::BOOLEAN AS is_senior_citizen, /* 65 or older */
  COUNT(*)::BIGINT AS customers_count, /* Customers in the extract, gone ones included */
  COUNT(*) FILTER(WHERE
    is_active)::BIGINT AS active_count, /* Customers who have not left */
  COUNT(*) FILTER(WHERE
    is_active AND at_risk_flag)::BIGINT AS at_risk_count, /* Active, probability 0.5 or more */
  COUNT(*) FILTER(WHERE
    is_active AND risk_tier = 'High')::BIGINT AS high_count, /* Active, tier High */
  COUNT(*) FILTER(WHERE
    is_active AND risk_tier = 'Medium')::BIGINT AS medium_count, /* Active, tier Medium */
  COUNT(*) FILTER(WHERE
    is_active AND risk_tier = 'Low')::BIGINT AS low_count, /* Active, tier Low */
  COALESCE(SUM(churn_probability::DECIMAL(20, 9)) FILTER(WHERE
    is_active), 0)::DECIMAL(28, 9) AS active_probability_sum, /* Sum of probabilities of active customers = leavers to expect */
  SUM(annual_revenue_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS annual_revenue_usd, /* Twelve monthly charges of active customers, USD */
  SUM(revenue_at_risk_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS revenue_at_risk_usd, /* Twelve monthly charges of active customers at risk, USD */
  SUM(expected_annual_loss_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS expected_annual_loss_usd, /* Probability times twelve monthly charges of active customers, USD */
  COUNT(*) FILTER(WHERE
    has_churned AND at_risk_flag)::BIGINT AS true_positive_count, /* Left, and was flagged */
  COUNT(*) FILTER(WHERE
    NOT has_churned AND at_risk_flag)::BIGINT AS false_positive_count, /* Stayed, though flagged */
  COUNT(*) FILTER(WHERE
    has_churned AND NOT at_risk_flag)::BIGINT AS false_negative_count, /* Left, not flagged */
  COUNT(*) FILTER(WHERE
    NOT has_churned AND NOT at_risk_flag)::BIGINT AS true_negative_count /* Stayed, not flagged */
FROM analytics.customer_risk
WHERE
  prediction_date BETWEEN @start_date AND @end_date
GROUP BY
  prediction_date,
  contract,
  tenure_band,
  internet_service,
  payment_method,
  is_senior_citizen;

@index_the_grain(
  prediction_date,
  contract,
  tenure_band,
  internet_service,
  payment_method,
  is_senior_citizen
)

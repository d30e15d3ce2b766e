/* One row per prediction date and customer profile: additive counts and money. Every figure that readers see is a sum of these rows. */
MODEL (
  name analytics.risk_by_profile,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column prediction_date
  ),
  description 'One row per prediction date and profile (contract, tenure band, internet, payment, senior): counts and money that can be summed. Money is an exact decimal, so that the order of a sum does not change it. It is NULL if the extract of the date has no value a month. At most 288 rows a day, for any number of customers.',
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
  prediction_date::DATE AS prediction_date, /* The date that was scored */
  COALESCE(contract, 'Not in the extract')::TEXT AS contract, /* The contract: Month-to-month, One year or Two year; Not in the extract if it has no such column */
  COALESCE(tenure_band, 'Not in the extract')::TEXT AS tenure_band, /* The months as a customer, in four bands: 0-12, 13-24, 25-48, 49+; Not in the extract if it has no tenure */
  COALESCE(internet_service, 'Not in the extract')::TEXT AS internet_service, /* The internet service: DSL, Fiber optic or None; Not in the extract if it has no such column */
  COALESCE(payment_method, 'Not in the extract')::TEXT AS payment_method, /* How the customer pays the bill; Not in the extract if it has no such column */
  COALESCE(is_senior_citizen, FALSE)::BOOLEAN AS is_senior_citizen, /* Whether the customer is 65 or older; false if the extract does not say it */
  COUNT(*)::BIGINT AS customers_count, /* Number of customers in the extract, including those who left */
  COUNT(*) FILTER(WHERE
    is_active)::BIGINT AS active_count, /* Number of customers who have not left */
  COUNT(*) FILTER(WHERE
    is_active AND at_risk_flag)::BIGINT AS at_risk_count, /* Number of active customers in tier Medium or High */
  COUNT(*) FILTER(WHERE
    is_active AND risk_tier = 'High')::BIGINT AS high_count, /* Number of active customers in tier High */
  COUNT(*) FILTER(WHERE
    is_active AND risk_tier = 'Medium')::BIGINT AS medium_count, /* Number of active customers in tier Medium */
  COUNT(*) FILTER(WHERE
    is_active AND risk_tier = 'Low')::BIGINT AS low_count, /* Number of active customers in tier Low */
  COALESCE(SUM(churn_probability::DECIMAL(20, 9)) FILTER(WHERE
    is_active), 0)::DECIMAL(28, 9) AS active_probability_sum, /* The sum of the probabilities of the active customers: the number of leavers to expect */
  SUM(annual_revenue_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS annual_revenue_usd, /* Twelve monthly charges of the active customers, in USD */
  SUM(revenue_at_risk_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS revenue_at_risk_usd, /* Twelve monthly charges of the active customers at risk, in USD */
  SUM(expected_annual_loss_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the sum of probability times twelve monthly charges over the active customers, in USD */
  COUNT(call_rank)::BIGINT AS listed_count, /* Number of active customers for whom a contact is expected to pay; without a value a month, of those at risk */
  CASE
    WHEN COUNT(annual_revenue_usd) > 0
    THEN COALESCE(SUM(expected_cost_usd::DECIMAL(20, 9)) FILTER(WHERE
      NOT call_rank IS NULL), 0)
  END::DECIMAL(28, 9) AS list_cost_usd, /* The expected cost of contacting these customers, offers included, in USD */
  CASE
    WHEN COUNT(annual_revenue_usd) > 0
    THEN COALESCE(SUM(expected_profit_usd::DECIMAL(20, 9)) FILTER(WHERE
      NOT call_rank IS NULL), 0)
  END::DECIMAL(28, 9) AS list_profit_usd, /* The expected profit of contacting these customers, in USD */
  SUM(expected_loss_12m_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS expected_loss_12m_usd, /* Sum of the monthly charges that are expected to be lost within the next 12 months, in USD; NULL if the label of the model has no horizon of its own */
  SUM(future_value_usd::DECIMAL(20, 9))::DECIMAL(28, 9) AS future_value_usd, /* Sum of the margins of the next 24 months, discounted, in USD; NULL as above */
  COUNT(*) FILTER(WHERE
    has_churned AND at_risk_flag)::BIGINT AS true_positive_count, /* Number of customers who left and were flagged */
  COUNT(*) FILTER(WHERE
    NOT has_churned AND at_risk_flag)::BIGINT AS false_positive_count, /* Number of customers who stayed although they were flagged */
  COUNT(*) FILTER(WHERE
    has_churned AND NOT at_risk_flag)::BIGINT AS false_negative_count, /* Number of customers who left and were not flagged */
  COUNT(*) FILTER(WHERE
    NOT has_churned AND NOT at_risk_flag)::BIGINT AS true_negative_count /* Number of customers who stayed and were not flagged */
FROM analytics.customer_risk
WHERE
  prediction_date BETWEEN @start_date AND @end_date
GROUP BY
  prediction_date,
  COALESCE(contract, 'Not in the extract'),
  COALESCE(tenure_band, 'Not in the extract'),
  COALESCE(internet_service, 'Not in the extract'),
  COALESCE(payment_method, 'Not in the extract'),
  COALESCE(is_senior_citizen, FALSE);

@index_the_grain(
  prediction_date,
  contract,
  tenure_band,
  internet_service,
  payment_method,
  is_senior_citizen
)

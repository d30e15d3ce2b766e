/* One row per customer and prediction date: the score and the features of the same date, never of another date. */
MODEL (
  name analytics.customer_risk,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column prediction_date
  ),
  description 'One row per customer and prediction date: the score, its money, and the features of the same date. Money is NULL if the extract of the date has no value a month. Dates that are not published are here too; the reporting views leave them out.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, churn_probability, risk_tier)),
    accepted_range(column := churn_probability, min_v := 0, max_v := 1),
    same_customers_as_predictions(),
    tier_follows_probability(),
    revenue_at_risk_is_twelve_months_or_nothing(),
    expected_loss_is_probability_times_revenue(),
    contact_money_is_of_active_customers(),
    revenue_at_risk_within_annual_revenue(),
    loss_of_a_year_is_within_revenue()
  )
);

WITH scores AS (
  SELECT
    prediction_date,
    customer_id,
    churn_probability,
    at_risk_flag,
    risk_tier,
    revenue_at_risk_usd,
    expected_annual_loss_usd,
    lifetime_value_usd,
    expected_profit_usd,
    expected_cost_usd,
    probability_12m,
    expected_months_12m,
    expected_loss_12m_usd,
    future_value_usd,
    best_call_month,
    is_active,
    is_active
    AND (
      expected_profit_usd > 0 OR (
        expected_profit_usd IS NULL AND at_risk_flag
      )
    ) AS is_listed,
    reasons,
    model_name,
    model_version,
    basis,
    scored_at
  FROM analytics.predictions
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
), features AS (
  SELECT
    as_of_date,
    customer_id,
    tenure_months,
    tenure_band,
    contract,
    internet_service,
    payment_method,
    is_senior_citizen,
    gender,
    services_count,
    has_online_security,
    has_tech_support,
    monthly_charges,
    total_charges,
    price_above_list_usd,
    churn_risk_score,
    has_churned
  FROM analytics.fct_customer_features
  WHERE
    as_of_date BETWEEN @start_date AND @end_date
)
SELECT
  scores.prediction_date::DATE AS prediction_date, /* The date that was scored; it equals the as-of date of the features */
  scores.customer_id::TEXT AS customer_id, /* The customer number of the company */
  scores.churn_probability::DOUBLE PRECISION AS churn_probability, /* The probability of leaving, 0 to 1 */
  scores.at_risk_flag::BOOLEAN AS at_risk_flag, /* Whether the customer is in tier Medium or High */
  scores.risk_tier::TEXT AS risk_tier, /* The risk tier: High, Medium or Low, by the bounds in force when the date was scored */
  scores.revenue_at_risk_usd::DOUBLE PRECISION AS revenue_at_risk_usd, /* Twelve monthly charges if the customer is active and at risk, else 0; in USD */
  scores.expected_annual_loss_usd::DOUBLE PRECISION AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the probability times twelve monthly charges if the customer is active, else 0; in USD */
  scores.lifetime_value_usd::DOUBLE PRECISION AS lifetime_value_usd, /* The monthly charge times the months of tenure, in USD: what the customer paid so far at today's price */
  scores.expected_profit_usd::DOUBLE PRECISION AS expected_profit_usd, /* The expected profit of contacting the customer with an offer, in USD; 0 if the customer is not active */
  scores.expected_cost_usd::DOUBLE PRECISION AS expected_cost_usd, /* The expected cost of that contact and its offer, in USD; 0 if the customer is not active */
  CASE
    WHEN scores.is_listed
    THEN ROW_NUMBER() OVER (
      PARTITION BY scores.prediction_date, scores.is_listed
      ORDER BY scores.expected_profit_usd DESC, CASE WHEN scores.expected_profit_usd IS NULL THEN scores.churn_probability END DESC, scores.customer_id
    )
  END::BIGINT AS call_rank, /* The order of calls, 1 first: by expected profit, then by customer number; NULL if a contact is not expected to pay. Without a value a month: the customers at risk, by probability */
  scores.probability_12m::DOUBLE PRECISION AS probability_12m, /* The probability of leaving within 12 months; NULL if the label of the model has no horizon of its own */
  scores.expected_months_12m::DOUBLE PRECISION AS expected_months_12m, /* The months of the next 12 that the customer is expected to stay and pay; NULL as above */
  scores.expected_loss_12m_usd::DOUBLE PRECISION AS expected_loss_12m_usd, /* The monthly charge times the months that are expected to be lost within the next 12, if the customer is active, else 0; in USD; NULL as above */
  scores.future_value_usd::DOUBLE PRECISION AS future_value_usd, /* The margin of the next 24 months, discounted, if the customer is active, else 0; in USD; NULL as above */
  scores.best_call_month::INT AS best_call_month, /* The month ahead, 1 to 24, with the highest risk of leaving: call before it; NULL as above */
  scores.is_active::BOOLEAN AS is_active, /* Whether the customer has not left; figures count active customers only */
  scores.reasons::TEXT[] AS reasons, /* The three subjects that change the score most: + raises the score, - lowers it; NULL if the model gives no reasons */
  (
    CASE
      WHEN features.monthly_charges IS NULL
      THEN NULL
      WHEN scores.is_active
      THEN GREATEST(features.monthly_charges, 0) * 12
      ELSE 0
    END
  )::DOUBLE PRECISION AS annual_revenue_usd, /* Twelve monthly charges if the customer is active and pays, else 0; in USD */
  scores.model_name::TEXT AS model_name, /* The name of the registered model that gave the score */
  scores.model_version::INT AS model_version, /* The version of the model */
  scores.basis::TEXT AS basis, /* How the score was made: live, replayed, as_if or reconstructed */
  scores.scored_at::TIMESTAMPTZ AS scored_at, /* When the score was written, in UTC */
  features.tenure_months::INT AS tenure_months, /* The whole months as a customer; NULL if the extract does not say it */
  features.tenure_band::TEXT AS tenure_band, /* The months as a customer, in four bands: 0-12, 13-24, 25-48, 49+ */
  features.contract::TEXT AS contract, /* The contract: Month-to-month, One year or Two year */
  features.internet_service::TEXT AS internet_service, /* The internet service: DSL, Fiber optic or None */
  features.payment_method::TEXT AS payment_method, /* How the customer pays the bill */
  features.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* Whether the customer is 65 or older */
  features.gender::TEXT AS gender, /* Female or Male; used to measure fairness only */
  features.services_count::INT AS services_count, /* Number of services of the customer, 0 to 9 */
  features.has_online_security::BOOLEAN AS has_online_security, /* Whether the customer has online security */
  features.has_tech_support::BOOLEAN AS has_tech_support, /* Whether the customer has technical support */
  features.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* The bill of one month, in USD; NULL if the extract has no value a month, as all money then */
  features.total_charges::DOUBLE PRECISION AS total_charges, /* The sum of all bills since joining, in USD */
  features.price_above_list_usd::DOUBLE PRECISION AS price_above_list_usd, /* Monthly charge minus list price, in USD a month */
  features.churn_risk_score::INT AS churn_risk_score, /* A rule of thumb, 0 to 10 */
  features.has_churned::BOOLEAN AS has_churned /* Whether the customer left within the month that the extract covers */
FROM scores
INNER JOIN features
  ON features.as_of_date = scores.prediction_date
  AND features.customer_id = scores.customer_id;

@index_the_grain(prediction_date, customer_id);

@analyze_the_table();

@index_the_order('prediction_date, call_rank', 'call_rank IS NOT NULL') /* The customers for whom a contact pays, in the order of calls: Postgres reads the action list of a date from this index instead of sorting a million rows. */

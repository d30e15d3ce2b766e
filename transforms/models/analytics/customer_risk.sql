/* One row per customer and prediction date: the score joined to that same date's features, never to another's. */
MODEL (
  name analytics.customer_risk,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column prediction_date
  ),
  description 'One row per customer and prediction date: the score, its money, and the features of that same date. May hold dates that are not published: reporting does not.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(
      columns := (prediction_date, customer_id, churn_probability, risk_tier, monthly_charges)
    ),
    accepted_range(column := churn_probability, min_v := 0, max_v := 1),
    accepted_values(column := risk_tier, is_in := ('High', 'Medium', 'Low')),
    same_customers_as_predictions(),
    tier_follows_probability(),
    revenue_at_risk_is_twelve_months_or_nothing(),
    expected_loss_is_probability_times_revenue(),
    revenue_at_risk_within_annual_revenue()
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
    is_active,
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
  scores.prediction_date::DATE AS prediction_date, /* The day that was scored; equals the as-of date of the features */
  scores.customer_id::TEXT AS customer_id, /* The company's own customer number */
  scores.churn_probability::DOUBLE PRECISION AS churn_probability, /* Probability of leaving, 0 to 1 */
  scores.at_risk_flag::BOOLEAN AS at_risk_flag, /* Probability of 0.5 or more */
  scores.risk_tier::TEXT AS risk_tier, /* High from 0.7, Medium from 0.5, else Low */
  scores.revenue_at_risk_usd::DOUBLE PRECISION AS revenue_at_risk_usd, /* Twelve monthly charges if active and at risk, else 0; USD */
  scores.expected_annual_loss_usd::DOUBLE PRECISION AS expected_annual_loss_usd, /* Probability times twelve monthly charges if active, else 0; USD */
  scores.lifetime_value_usd::DOUBLE PRECISION AS lifetime_value_usd, /* Monthly charge times months of tenure: billed so far at today's price; USD */
  scores.is_active::BOOLEAN AS is_active, /* Has not left: only active customers count in any figure */
  scores.reasons::TEXT[] AS reasons, /* What moves the score most, + raises it, - lowers it; NULL where the model gives none */
  (
    CASE WHEN scores.is_active THEN features.monthly_charges * 12 ELSE 0 END
  )::DOUBLE PRECISION AS annual_revenue_usd, /* Twelve monthly charges if active, else 0; USD */
  scores.model_name::TEXT AS model_name, /* Registered model that gave the score */
  scores.model_version::INT AS model_version, /* Its version */
  scores.basis::TEXT AS basis, /* live, replayed, as_if or reconstructed */
  scores.scored_at::TIMESTAMPTZ AS scored_at, /* When the score was written, UTC */
  features.tenure_months::INT AS tenure_months, /* Whole months as a customer */
  features.tenure_band::TEXT AS tenure_band, /* Months as a customer, in four bands */
  features.contract::TEXT AS contract, /* Month-to-month, One year or Two year */
  features.internet_service::TEXT AS internet_service, /* DSL, Fiber optic or None */
  features.payment_method::TEXT AS payment_method, /* How the bill is paid */
  features.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* 65 or older */
  features.gender::TEXT AS gender, /* Female or Male; for fairness slices only */
  features.services_count::INT AS services_count, /* Services held, 0 to 9 */
  features.has_online_security::BOOLEAN AS has_online_security, /* Holds online security */
  features.has_tech_support::BOOLEAN AS has_tech_support, /* Holds technical support */
  features.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* Billed per month, USD */
  features.total_charges::DOUBLE PRECISION AS total_charges, /* Billed since joining, USD */
  features.price_above_list_usd::DOUBLE PRECISION AS price_above_list_usd, /* Billed above (+) or below (-) list price, USD per month */
  features.churn_risk_score::INT AS churn_risk_score, /* Rule of thumb, 0 to 10 */
  features.has_churned::BOOLEAN AS has_churned /* Left within the month the extract covers */
FROM scores
INNER JOIN features
  ON features.as_of_date = scores.prediction_date
  AND features.customer_id = scores.customer_id;

@index_the_grain(prediction_date, customer_id);

@index_the_order(
  'prediction_date, expected_annual_loss_usd DESC, customer_id',
  'is_active AND at_risk_flag'
) /* Whom to call first, already in order: the action list of a date is read from here, not sorted out of a million rows. */

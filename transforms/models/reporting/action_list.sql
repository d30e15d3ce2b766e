/* One row per published date and active customer at risk, worst expected loss first: whom to call, and what to know before calling. */
MODEL (
  name reporting.action_list,
  kind VIEW,
  description 'One row per published date and active customer at risk, ranked by expected yearly loss, with what a caller needs to know. Filter on one prediction_date: a customer is listed on every date they were at risk.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, call_rank, recommended_action)),
    list_holds_everybody_at_risk()
  )
);

WITH customers AS (
  SELECT
    prediction_date,
    customer_id,
    churn_probability,
    risk_tier,
    expected_annual_loss_usd,
    revenue_at_risk_usd,
    lifetime_value_usd,
    reasons,
    tenure_months,
    tenure_band,
    contract,
    internet_service,
    payment_method,
    is_senior_citizen,
    services_count,
    has_online_security,
    has_tech_support,
    monthly_charges,
    total_charges,
    price_above_list_usd,
    churn_risk_score
  FROM analytics.customer_risk
  WHERE
    is_active AND at_risk_flag
), published AS (
  SELECT
    prediction_date,
    basis,
    model_version
  FROM ops.publications
  WHERE
    status = 'published'
), tiers AS (
  SELECT
    risk_tier,
    recommended_action
  FROM reporting.risk_tiers
)
SELECT
  customers.prediction_date::DATE AS prediction_date, /* The day that was scored */
  ROW_NUMBER() OVER (
    PARTITION BY customers.prediction_date
    ORDER BY customers.expected_annual_loss_usd DESC, customers.customer_id
  )::BIGINT AS call_rank, /* 1 = call first; by expected yearly loss, ties by customer number */
  customers.customer_id::TEXT AS customer_id, /* The company's own customer number */
  customers.risk_tier::TEXT AS risk_tier, /* High from 0.7, Medium from 0.5 */
  tiers.recommended_action::TEXT AS recommended_action, /* What to do, by tier */
  customers.churn_probability::DOUBLE PRECISION AS churn_probability, /* Probability of leaving, 0.5 to 1 */
  customers.reasons::TEXT[] AS reasons, /* What moves the score most, + raises it, - lowers it; NULL where the model gives none */
  ROUND(customers.expected_annual_loss_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* Probability times twelve monthly charges, USD */
  ROUND(customers.revenue_at_risk_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges, USD */
  ROUND(customers.lifetime_value_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS lifetime_value_usd, /* Monthly charge times months of tenure, USD */
  customers.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* Billed per month, USD */
  ROUND(customers.price_above_list_usd::DECIMAL(18, 6), 2)::DOUBLE PRECISION AS price_above_list_usd, /* Billed above (+) or below (-) list price, USD per month: room for an offer */
  customers.total_charges::DOUBLE PRECISION AS total_charges, /* Billed since joining, USD */
  customers.tenure_months::INT AS tenure_months, /* Whole months as a customer */
  customers.tenure_band::TEXT AS tenure_band, /* Months as a customer, in four bands */
  customers.contract::TEXT AS contract, /* Month-to-month, One year or Two year */
  customers.internet_service::TEXT AS internet_service, /* DSL, Fiber optic or None */
  customers.payment_method::TEXT AS payment_method, /* How the bill is paid */
  customers.has_online_security::BOOLEAN AS has_online_security, /* Holds online security; one without can be offered it */
  customers.has_tech_support::BOOLEAN AS has_tech_support, /* Holds technical support; one without can be offered it */
  customers.services_count::INT AS services_count, /* Services held, 0 to 9 */
  customers.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* 65 or older */
  customers.churn_risk_score::INT AS churn_risk_score, /* Rule of thumb, 0 to 10: readable, not calibrated */
  published.basis::TEXT AS basis, /* live, replayed, as_if or reconstructed */
  published.model_version::INT AS model_version /* Version of the model that gave the scores */
FROM customers
INNER JOIN published
  ON published.prediction_date = customers.prediction_date
INNER JOIN tiers
  ON tiers.risk_tier = customers.risk_tier

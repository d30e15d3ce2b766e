/* One row per published date and customer: the score, its money and who the customer is; gone customers too, marked. */
MODEL (
  name reporting.customer_scores,
  kind VIEW,
  description 'One row per published date and customer of the extract: risk tier, revenue at risk, lifetime value, reasons, profile. Filter on one prediction_date or on one customer_id; figures count rows with is_active only.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, churn_probability, recommended_action)),
    scores_hold_every_customer()
  )
);

WITH customers AS (
  SELECT
    prediction_date,
    customer_id,
    is_active,
    churn_probability,
    at_risk_flag,
    risk_tier,
    expected_annual_loss_usd,
    revenue_at_risk_usd,
    lifetime_value_usd,
    annual_revenue_usd,
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
  customers.customer_id::TEXT AS customer_id, /* The company's own customer number */
  customers.is_active::BOOLEAN AS is_active, /* Has not left: only active customers count in any figure */
  customers.churn_probability::DOUBLE PRECISION AS churn_probability, /* Probability of leaving, 0 to 1 */
  customers.at_risk_flag::BOOLEAN AS at_risk_flag, /* Probability of 0.5 or more */
  customers.risk_tier::TEXT AS risk_tier, /* Risk category: High from 0.7, Medium from 0.5, else Low */
  tiers.recommended_action::TEXT AS recommended_action, /* What to do, by tier; meant for active customers */
  customers.reasons::TEXT[] AS reasons, /* What moves the score most, + raises it, - lowers it; NULL where the model gives none */
  ROUND(customers.expected_annual_loss_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* Probability times twelve monthly charges if active, else 0; USD */
  ROUND(customers.revenue_at_risk_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges if active and at risk, else 0; USD */
  ROUND(customers.lifetime_value_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS lifetime_value_usd, /* Monthly charge times months of tenure, USD */
  ROUND(customers.annual_revenue_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS annual_revenue_usd, /* Twelve monthly charges if active, else 0; USD */
  customers.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* Billed per month, USD */
  ROUND(customers.price_above_list_usd::DECIMAL(18, 6), 2)::DOUBLE PRECISION AS price_above_list_usd, /* Billed above (+) or below (-) list price, USD per month */
  customers.total_charges::DOUBLE PRECISION AS total_charges, /* Billed since joining, USD */
  customers.tenure_months::INT AS tenure_months, /* Whole months as a customer */
  customers.tenure_band::TEXT AS tenure_band, /* Months as a customer, in four bands */
  customers.contract::TEXT AS contract, /* Month-to-month, One year or Two year */
  customers.internet_service::TEXT AS internet_service, /* DSL, Fiber optic or None */
  customers.payment_method::TEXT AS payment_method, /* How the bill is paid */
  customers.has_online_security::BOOLEAN AS has_online_security, /* Holds online security */
  customers.has_tech_support::BOOLEAN AS has_tech_support, /* Holds technical support */
  customers.services_count::INT AS services_count, /* Services held, 0 to 9 */
  customers.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* 65 or older */
  customers.churn_risk_score::INT AS churn_risk_score, /* Rule of thumb, 0 to 10: readable, not calibrated */
  published.basis::TEXT AS basis, /* live, replayed, as_if or reconstructed */
  published.model_version::INT AS model_version /* Version of the model that gave the score */
FROM customers
INNER JOIN published
  ON published.prediction_date = customers.prediction_date
INNER JOIN tiers
  ON tiers.risk_tier = customers.risk_tier

/* One row per published date and active customer for whom a contact pays, the largest expected profit first: whom to call, and what to know before the call. */
MODEL (
  name reporting.action_list,
  kind VIEW,
  description 'One row per published date and active customer for whom a contact is expected to pay, ranked by its expected profit, with the facts that a caller needs. If the extract of the date has no value a month, money is NULL, and the list has the customers at risk, ranked by their probability. The control group of a running campaign is left out. Filter on one prediction_date: a customer is in the list of every date on which a contact pays.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, call_rank, recommended_action)),
    list_holds_everybody_worth_a_contact()
  )
);

WITH customers AS (
  SELECT
    prediction_date,
    customer_id,
    call_rank,
    churn_probability,
    risk_tier,
    at_risk_flag,
    expected_profit_usd,
    expected_cost_usd,
    expected_annual_loss_usd,
    probability_12m,
    expected_loss_12m_usd,
    future_value_usd,
    best_call_month,
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
    NOT call_rank IS NULL
), published AS (
  SELECT
    prediction_date,
    @is_synthetic(publications.load_id) AS is_synthetic,
    policy_sha256,
    basis,
    model_version,
    horizon,
    seats_count,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
), tiers AS (
  SELECT
    prediction_date,
    risk_tier,
    recommended_action
  FROM reporting.risk_tiers
), controls AS (
  /* Not reporting.held_out, which reads every scored row: Postgres then compares them row by row. */
  SELECT
    assignments.customer_id,
    MIN(assignments.enrolled_on) AS held_out_from
  FROM ops.assignments AS assignments
  INNER JOIN ops.campaigns AS campaigns
    ON campaigns.campaign_id = assignments.campaign_id AND campaigns.status = 'running'
  WHERE
    assignments.arm = 'control'
  GROUP BY
    assignments.customer_id
)
SELECT
  customers.prediction_date::DATE AS prediction_date, /* The date that was scored */
  customers.call_rank::BIGINT AS call_rank, /* The order of calls, 1 first: by expected profit, then by customer number */
  customers.customer_id::TEXT AS customer_id, /* The customer number of the company */
  ROUND(customers.expected_profit_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_profit_usd, /* The expected profit of contacting the customer with an offer, in USD; more than 0 before it is rounded; NULL without a value a month */
  ROUND(customers.expected_cost_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_cost_usd, /* The expected cost of that contact and its offer, in USD */
  (
    customers.call_rank <= published.seats_count
  )::BOOLEAN AS is_within_seats, /* Whether the contacts a day of the policy reach as far as this rank; NULL if the policy sets no limit */
  customers.at_risk_flag::BOOLEAN AS at_risk_flag, /* Whether the customer is in tier Medium or High */
  customers.risk_tier::TEXT AS risk_tier, /* The risk tier: High, Medium or Low; reporting.risk_tiers has the bounds of the date */
  tiers.recommended_action::TEXT AS recommended_action, /* The recommended action of the tier */
  customers.churn_probability::DOUBLE PRECISION AS churn_probability, /* The probability of leaving within the horizon, 0 to 1 */
  COALESCE(published.horizon, 'the month that the extract covers')::TEXT AS horizon, /* Within which time the probability says that the customer leaves, such as 30 days */
  customers.reasons::TEXT[] AS reasons, /* The three subjects that change the score most: + raises the score, - lowers it; NULL if the model gives no reasons */
  customers.reasons[1]::TEXT AS reason_1, /* The first of the reasons, for tools without lists */
  customers.reasons[2]::TEXT AS reason_2, /* The second of the reasons; NULL if there is none */
  customers.reasons[3]::TEXT AS reason_3, /* The third of the reasons; NULL if there is none */
  ROUND(customers.expected_annual_loss_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the probability times twelve monthly charges, in USD */
  customers.probability_12m::DOUBLE PRECISION AS probability_12m, /* The probability of leaving within 12 months; NULL if the label of the model has no horizon of its own */
  ROUND(customers.expected_loss_12m_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_loss_12m_usd, /* The monthly charge times the months that are expected to be lost within the next 12, in USD; NULL as above */
  ROUND(customers.future_value_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS future_value_usd, /* The margin of the next 24 months, discounted, in USD; NULL as above */
  customers.best_call_month::INT AS best_call_month, /* The month ahead, 1 to 24, with the highest risk of leaving: call before it; NULL as above */
  ROUND(customers.revenue_at_risk_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges if the customer is at risk, else 0; in USD */
  ROUND(customers.lifetime_value_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS lifetime_value_usd, /* The monthly charge times the months of tenure, in USD */
  customers.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* The bill of one month, in USD */
  ROUND(customers.price_above_list_usd::DECIMAL(18, 6), 2)::DOUBLE PRECISION AS price_above_list_usd, /* Monthly charge minus list price, in USD a month: a positive amount leaves room for an offer */
  customers.total_charges::DOUBLE PRECISION AS total_charges, /* The sum of all bills since joining, in USD */
  customers.tenure_months::INT AS tenure_months, /* The whole months as a customer */
  customers.tenure_band::TEXT AS tenure_band, /* The months as a customer, in four bands: 0-12, 13-24, 25-48, 49+ */
  customers.contract::TEXT AS contract, /* The contract: Month-to-month, One year or Two year */
  customers.internet_service::TEXT AS internet_service, /* The internet service: DSL, Fiber optic or None */
  customers.payment_method::TEXT AS payment_method, /* How the customer pays the bill */
  customers.has_online_security::BOOLEAN AS has_online_security, /* Whether the customer has online security; a caller can offer it if not */
  customers.has_tech_support::BOOLEAN AS has_tech_support, /* Whether the customer has technical support; a caller can offer it if not */
  customers.services_count::INT AS services_count, /* Number of services of the customer, 0 to 9 */
  customers.is_senior_citizen::BOOLEAN AS is_senior_citizen, /* Whether the customer is 65 or older */
  customers.churn_risk_score::INT AS churn_risk_score, /* A rule of thumb, 0 to 10: easy to read, not calibrated */
  published.currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  published.basis::TEXT AS basis, /* How the score was made: live, replayed, as_if or reconstructed */
  published.model_version::INT AS model_version, /* The version of the model that gave the scores */
  published.is_synthetic::BOOLEAN AS is_synthetic, /* Whether the simulator made the customers */
  published.policy_sha256::TEXT AS policy_sha256 /* The digest of the policy file that was in force; NULL for dates of an earlier release */
FROM customers
INNER JOIN published
  ON published.prediction_date = customers.prediction_date
INNER JOIN tiers
  ON tiers.prediction_date = customers.prediction_date
  AND tiers.risk_tier = customers.risk_tier
LEFT JOIN controls
  ON controls.customer_id = customers.customer_id
  AND controls.held_out_from <= customers.prediction_date
WHERE
  controls.customer_id IS NULL

/* One row per published prediction date: the figures a manager reads in the morning. */
MODEL (
  name reporting.kpi_daily,
  kind VIEW,
  description 'One row per published prediction date: customers, tiers, average probability and money. Dates that failed an audit are not here.',
  grain (
    prediction_date
  ),
  audits (
    unique_values(columns := (
      prediction_date
    )),
    not_null(columns := (prediction_date, customers_count, active_customers_count)),
    figures_add_up_to_profiles(filter := TRUE)
  )
);

WITH profiles AS (
  SELECT
    prediction_date,
    customers_count,
    active_count,
    at_risk_count,
    high_count,
    medium_count,
    low_count,
    active_probability_sum,
    annual_revenue_usd,
    revenue_at_risk_usd,
    expected_annual_loss_usd,
    true_positive_count,
    false_positive_count,
    false_negative_count,
    true_negative_count
  FROM analytics.risk_by_profile
), published AS (
  SELECT
    prediction_date,
    basis,
    model_name,
    model_version,
    published_at
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  published.prediction_date::DATE AS prediction_date, /* The day that was scored */
  SUM(profiles.customers_count)::BIGINT AS customers_count, /* Customers in the extract, gone ones included */
  SUM(profiles.active_count)::BIGINT AS active_customers_count, /* Customers who have not left */
  SUM(profiles.at_risk_count)::BIGINT AS at_risk_customers_count, /* Active, probability 0.5 or more */
  SUM(profiles.high_count)::BIGINT AS high_count, /* Active, tier High (0.7 or more) */
  SUM(profiles.medium_count)::BIGINT AS medium_count, /* Active, tier Medium (0.5 to 0.7) */
  SUM(profiles.low_count)::BIGINT AS low_count, /* Active, tier Low (below 0.5) */
  (
    SUM(profiles.active_probability_sum) / NULLIF(SUM(profiles.active_count), 0)
  )::DOUBLE PRECISION AS average_churn_probability, /* Mean probability of active customers; NULL when nobody is active */
  ROUND(SUM(profiles.active_probability_sum)::DECIMAL(18, 4), 1)::DECIMAL(18, 1) AS expected_leavers_count, /* Sum of the probabilities of active customers */
  ROUND(SUM(profiles.annual_revenue_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS annual_revenue_usd, /* Twelve monthly charges of active customers, USD */
  ROUND(SUM(profiles.revenue_at_risk_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges of active customers at risk, USD */
  ROUND(SUM(profiles.expected_annual_loss_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* Probability times twelve monthly charges of active customers, USD */
  SUM(profiles.true_positive_count)::BIGINT AS true_positive_count, /* Left, and was flagged */
  SUM(profiles.false_positive_count)::BIGINT AS false_positive_count, /* Stayed, though flagged */
  SUM(profiles.false_negative_count)::BIGINT AS false_negative_count, /* Left, not flagged */
  SUM(profiles.true_negative_count)::BIGINT AS true_negative_count, /* Stayed, not flagged */
  published.basis::TEXT AS basis, /* live, replayed, as_if or reconstructed */
  published.model_name::TEXT AS model_name, /* Registered model that gave the scores */
  published.model_version::INT AS model_version, /* Its version */
  published.published_at::TIMESTAMPTZ AS published_at /* When the date became visible, UTC */
FROM published
INNER JOIN profiles
  ON profiles.prediction_date = published.prediction_date
GROUP BY
  published.prediction_date,
  published.basis,
  published.model_name,
  published.model_version,
  published.published_at

/* One row per published prediction date: the figures that a manager reads in the morning. */
MODEL (
  name reporting.kpi_daily,
  kind VIEW,
  description 'One row per published prediction date: customers, tiers, average probability and money. Money is NULL if the extract of the date has no value a month. A date that failed an audit is not published.',
  grain (
    prediction_date
  ),
  audits (
    unique_values(columns := (
      prediction_date
    )),
    not_null(columns := (prediction_date, customers_count, active_customers_count)),
    figures_add_up_to_profiles(filter := TRUE, has := TRUE)
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
    listed_count,
    list_cost_usd,
    list_profit_usd,
    expected_loss_12m_usd,
    future_value_usd
  FROM analytics.risk_by_profile
), outcomes AS (
  SELECT
    prediction_date,
    flagged_leavers_count AS true_positive_count,
    flagged_count - flagged_leavers_count AS false_positive_count,
    leavers_count - flagged_leavers_count AS false_negative_count,
    customers_count - flagged_count - leavers_count + flagged_leavers_count AS true_negative_count
  FROM analytics.score_outcomes
  WHERE
    dimension = 'all'
), published AS (
  SELECT
    publications.prediction_date,
    @is_synthetic(publications.load_id) AS is_synthetic,
    publications.basis,
    publications.model_name,
    publications.model_version,
    publications.horizon,
    publications.currency,
    publications.seats_count,
    publications.save_rate,
    publications.is_save_rate_measured,
    publications.published_at,
    within_seats.customers_count,
    within_seats.cost_usd,
    within_seats.profit_usd
  FROM ops.publications AS publications
  CROSS JOIN LATERAL (
    SELECT
      COUNT(*) AS customers_count,
      SUM(risk.expected_cost_usd::DECIMAL(20, 9)) AS cost_usd,
      SUM(risk.expected_profit_usd::DECIMAL(20, 9)) AS profit_usd
    FROM analytics.customer_risk AS risk
    WHERE
      risk.prediction_date = publications.prediction_date
      AND risk.call_rank <= publications.seats_count
  ) AS within_seats /* LATERAL: for each date Postgres reads only as many calls as there are seats, from the index of call_rank */
  WHERE
    publications.status = 'published'
), bounds AS (
  SELECT
    prediction_date,
    MAX(CASE WHEN risk_tier = 'High' THEN probability_from END) AS high_from,
    MAX(CASE WHEN risk_tier = 'Medium' THEN probability_from END) AS medium_from
  FROM reporting.risk_tiers
  GROUP BY
    prediction_date
)
SELECT
  published.prediction_date::DATE AS prediction_date, /* The date that was scored */
  SUM(profiles.customers_count)::BIGINT AS customers_count, /* Number of customers in the extract, including those who left */
  SUM(profiles.active_count)::BIGINT AS active_customers_count, /* Number of customers who have not left */
  SUM(profiles.at_risk_count)::BIGINT AS at_risk_customers_count, /* Number of active customers in tier Medium or High */
  SUM(profiles.high_count)::BIGINT AS high_count, /* Number of active customers in tier High */
  SUM(profiles.medium_count)::BIGINT AS medium_count, /* Number of active customers in tier Medium */
  SUM(profiles.low_count)::BIGINT AS low_count, /* Number of active customers in tier Low */
  bounds.high_from::DOUBLE PRECISION AS high_from, /* The smallest probability of tier High; above 1 if nobody can reach it */
  bounds.medium_from::DOUBLE PRECISION AS medium_from, /* The smallest probability of tier Medium, from which on a customer is at risk */
  (
    SUM(profiles.active_probability_sum) / NULLIF(SUM(profiles.active_count), 0)
  )::DOUBLE PRECISION AS average_churn_probability, /* Mean probability of leaving of the active customers; NULL if no customer is active */
  ROUND(SUM(profiles.active_probability_sum)::DECIMAL(18, 4), 1)::DECIMAL(18, 1) AS expected_leavers_count, /* The number of customers who are expected to leave: the sum of the probabilities of the active customers */
  ROUND(SUM(profiles.annual_revenue_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS annual_revenue_usd, /* Twelve monthly charges of the active customers, in USD */
  ROUND(SUM(profiles.revenue_at_risk_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges of the active customers at risk, in USD */
  ROUND(SUM(profiles.expected_annual_loss_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the sum of probability times twelve monthly charges over the active customers, in USD */
  SUM(profiles.listed_count)::BIGINT AS listed_customers_count, /* Number of active customers for whom a contact is expected to pay: the action list; without a value a month, of those at risk */
  ROUND(SUM(profiles.list_cost_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS list_cost_usd, /* The expected cost of contacting the customers of the action list, offers included, in USD */
  ROUND(SUM(profiles.list_profit_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS list_profit_usd, /* The expected profit of contacting the customers of the action list, in USD */
  published.seats_count::BIGINT AS seats_count, /* The contacts a day of all channels of the policy; NULL if it sets no limit */
  CASE WHEN NOT published.seats_count IS NULL THEN published.customers_count END::BIGINT AS within_seats_count, /* Number of customers of the action list for whom there is a seat; NULL without a limit */
  CASE
    WHEN NOT published.seats_count IS NULL AND COUNT(profiles.annual_revenue_usd) > 0
    THEN ROUND(COALESCE(published.cost_usd, 0)::DECIMAL(20, 6), 2)
  END::DECIMAL(18, 2) AS within_seats_cost_usd, /* The expected cost of contacting these customers, offers included, in USD; NULL without a limit */
  CASE
    WHEN NOT published.seats_count IS NULL AND COUNT(profiles.annual_revenue_usd) > 0
    THEN ROUND(COALESCE(published.profit_usd, 0)::DECIMAL(20, 6), 2)
  END::DECIMAL(18, 2) AS within_seats_profit_usd, /* The expected profit of contacting these customers, in USD; NULL without a limit */
  MAX(published.save_rate)::DOUBLE PRECISION AS save_rate, /* The share of contacted leavers who stay, as these amounts take it; NULL for old dates */
  published.is_save_rate_measured::BOOLEAN AS is_save_rate_measured, /* Whether a campaign measured a share that agrees with it; else it is assumed */
  ROUND(SUM(profiles.expected_loss_12m_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS expected_loss_12m_usd, /* The monthly charges that are expected to be lost within the next 12 months, in USD; NULL if the label of the model has no horizon of its own */
  ROUND(SUM(profiles.future_value_usd)::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS future_value_usd, /* The margin of the next 24 months, discounted, over the active customers, in USD; NULL as above */
  MAX(outcomes.true_positive_count)::BIGINT AS true_positive_count, /* Number of active customers at risk who left within the window; NULL until the labels of the date have matured */
  MAX(outcomes.false_positive_count)::BIGINT AS false_positive_count, /* Number of active customers at risk who stayed; NULL as above */
  MAX(outcomes.false_negative_count)::BIGINT AS false_negative_count, /* Number of active customers not at risk who left; NULL as above */
  MAX(outcomes.true_negative_count)::BIGINT AS true_negative_count, /* Number of active customers not at risk who stayed; NULL as above. Whom a campaign contacted is in none of the four */
  published.basis::TEXT AS basis, /* How the score was made: live, replayed, as_if or reconstructed */
  published.model_name::TEXT AS model_name, /* The name of the registered model that gave the scores */
  published.model_version::INT AS model_version, /* The version of the model */
  published.horizon::TEXT AS horizon, /* Within which time the probabilities say that customers leave, such as 30 days; NULL: within the month that the extract covers */
  published.currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  MAX(published.published_at)::TIMESTAMPTZ AS published_at, /* When the date was published, in UTC */
  BOOL_AND(published.is_synthetic)::BOOLEAN AS is_synthetic /* Whether the simulator made the customers */
FROM published
INNER JOIN profiles
  ON profiles.prediction_date = published.prediction_date
INNER JOIN bounds
  ON bounds.prediction_date = published.prediction_date
LEFT JOIN outcomes
  ON outcomes.prediction_date = published.prediction_date
GROUP BY
  published.prediction_date,
  bounds.high_from,
  bounds.medium_from,
  published.basis,
  published.model_name,
  published.model_version,
  published.horizon,
  published.currency,
  published.seats_count,
  published.customers_count,
  published.cost_usd,
  published.profit_usd,
  published.is_save_rate_measured

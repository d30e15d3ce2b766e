/* One row per published date, dimension and value: the distribution of the risk and the money. */
MODEL (
  name reporting.risk_by_segment,
  kind VIEW,
  description 'One row per published date, dimension (contract, tenure_band, internet_service, payment_method, senior_citizen, a declared segment, or a pair of two) and value. A dimension that the extract does not have is left out. Money is NULL if it has no value a month. Every dimension has all customers: sum only over the values of one dimension and one date.',
  grain (prediction_date, dimension, segment),
  audits (
    unique_combination_of_columns(columns := (prediction_date, dimension, segment)),
    not_null(columns := (prediction_date, dimension, segment, customers_count)),
    figures_add_up_to_profiles(
      filter := dimension = 'tenure_band',
      has := profiles.tenure_band <> 'Not in the extract'
    )
  )
);

WITH profiles AS (
  SELECT
    prediction_date,
    contract,
    tenure_band,
    internet_service,
    payment_method,
    is_senior_citizen,
    customers_count,
    active_count,
    at_risk_count,
    high_count,
    active_probability_sum,
    annual_revenue_usd,
    revenue_at_risk_usd,
    expected_annual_loss_usd,
    expected_loss_12m_usd,
    true_positive_count + false_negative_count AS churned_count
  FROM analytics.risk_by_profile
), published AS (
  SELECT
    prediction_date,
    currency,
    @is_synthetic(publications.load_id) AS is_synthetic
  FROM ops.publications
  WHERE
    status = 'published'
), segments AS (
  SELECT
    profiles.prediction_date,
    MAX(published.currency) AS currency,
    BOOL_AND(published.is_synthetic) AS is_synthetic,
    CASE
      WHEN GROUPING(profiles.contract) = 0
      THEN 'contract'
      WHEN GROUPING(profiles.tenure_band) = 0
      THEN 'tenure_band'
      WHEN GROUPING(profiles.internet_service) = 0
      THEN 'internet_service'
      WHEN GROUPING(profiles.payment_method) = 0
      THEN 'payment_method'
      ELSE 'senior_citizen'
    END AS dimension,
    COALESCE(
      profiles.contract,
      profiles.tenure_band,
      profiles.internet_service,
      profiles.payment_method,
      CASE WHEN profiles.is_senior_citizen THEN 'Senior' ELSE 'Not senior' END
    ) AS segment,
    SUM(profiles.customers_count) AS customers_count,
    SUM(profiles.active_count) AS active_count,
    SUM(profiles.at_risk_count) AS at_risk_count,
    SUM(profiles.high_count) AS high_count,
    SUM(profiles.churned_count) AS churned_count,
    SUM(profiles.active_probability_sum) AS active_probability_sum,
    SUM(profiles.annual_revenue_usd) AS annual_revenue_usd,
    SUM(profiles.revenue_at_risk_usd) AS revenue_at_risk_usd,
    SUM(profiles.expected_annual_loss_usd) AS expected_annual_loss_usd,
    SUM(profiles.expected_loss_12m_usd) AS expected_loss_12m_usd
  FROM profiles
  INNER JOIN published
    ON published.prediction_date = profiles.prediction_date
  GROUP BY
    GROUPING SETS (
      (profiles.prediction_date, profiles.contract),
      (profiles.prediction_date, profiles.tenure_band),
      (profiles.prediction_date, profiles.internet_service),
      (profiles.prediction_date, profiles.payment_method),
      (profiles.prediction_date, profiles.is_senior_citizen)
    )
  UNION ALL
  SELECT
    words.prediction_date,
    published.currency,
    published.is_synthetic,
    words.dimension,
    words.segment,
    words.customers_count,
    words.active_count,
    words.at_risk_count,
    words.high_count,
    words.churned_count,
    words.active_probability_sum,
    words.annual_revenue_usd,
    words.revenue_at_risk_usd,
    words.expected_annual_loss_usd,
    words.expected_loss_12m_usd
  FROM analytics.risk_by_declared AS words
  INNER JOIN published
    ON published.prediction_date = words.prediction_date
)
SELECT
  prediction_date::DATE AS prediction_date, /* The date that was scored */
  dimension::TEXT AS dimension, /* The dimension: contract, tenure_band, internet_service, payment_method, senior_citizen, a column that the company declares as a segment, or two of these joined by "and" */
  segment::TEXT AS segment, /* The value of the dimension */
  customers_count::BIGINT AS customers_count, /* Number of customers in the extract, including those who left */
  active_count::BIGINT AS active_customers_count, /* Number of customers who have not left */
  at_risk_count::BIGINT AS at_risk_customers_count, /* Number of active customers in tier Medium or High */
  high_count::BIGINT AS high_count, /* Number of active customers in tier High */
  churned_count::BIGINT AS churned_customers_count, /* Number of customers who left within the month that the extract covers */
  (
    at_risk_count::DOUBLE PRECISION / NULLIF(active_count, 0)
  )::DOUBLE PRECISION AS at_risk_rate, /* The share of active customers who are at risk, 0 to 1; NULL if no customer is active */
  (
    active_probability_sum / NULLIF(active_count, 0)
  )::DOUBLE PRECISION AS average_churn_probability, /* Mean probability of leaving of the active customers; NULL if no customer is active */
  (
    churned_count::DOUBLE PRECISION / customers_count
  )::DOUBLE PRECISION AS churn_rate, /* The share of all customers in the extract who left, 0 to 1 */
  ROUND(annual_revenue_usd::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS annual_revenue_usd, /* Twelve monthly charges of the active customers, in USD */
  ROUND(revenue_at_risk_usd::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges of the active customers at risk, in USD */
  ROUND(expected_annual_loss_usd::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the sum of probability times twelve monthly charges over the active customers, in USD */
  ROUND(expected_loss_12m_usd::DECIMAL(20, 6), 2)::DECIMAL(18, 2) AS expected_loss_12m_usd, /* The monthly charges that are expected to be lost within the next 12 months, in USD; NULL if the label of the model has no horizon of its own */
  currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  is_synthetic::BOOLEAN AS is_synthetic /* Whether the simulator made the customers */
FROM segments
WHERE
  segment <> 'Not in the extract'
  AND (
    dimension <> 'senior_citizen' OR @declares('senior_citizen')
  )

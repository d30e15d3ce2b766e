/* One row per day and per week with a published date: the trend of the risk. */
MODEL (
  name reporting.risk_trend,
  kind VIEW,
  description 'One row per period (day or week) with a published date. A week shows the figures of its last published date, never a sum over its days. Money is NULL if the extract of the date has no value a month.',
  grain (period, period_start_date),
  audits (
    unique_combination_of_columns(columns := (period, period_start_date)),
    not_null(columns := (period, period_start_date, prediction_date, high_count))
  )
);

WITH days AS (
  SELECT
    prediction_date,
    active_customers_count,
    at_risk_customers_count,
    high_count,
    medium_count,
    low_count,
    average_churn_probability,
    revenue_at_risk_usd,
    expected_annual_loss_usd,
    expected_loss_12m_usd,
    currency,
    basis,
    is_synthetic
  FROM reporting.kpi_daily
), periods AS (
  SELECT
    'day' AS period,
    prediction_date AS period_start_date,
    prediction_date AS last_date,
    1 AS dates_count,
    high_count AS high_count_sum
  FROM days
  UNION ALL
  SELECT
    'week',
    DATE_TRUNC('WEEK', prediction_date)::DATE,
    MAX(prediction_date),
    COUNT(*),
    SUM(high_count)
  FROM days
  GROUP BY
    DATE_TRUNC('WEEK', prediction_date)::DATE
)
SELECT
  periods.period::TEXT AS period, /* The period: day or week */
  periods.period_start_date::DATE AS period_start_date, /* The day, or the Monday of the week */
  days.prediction_date::DATE AS prediction_date, /* The date that the figures are of: the last published date of the period */
  periods.dates_count::BIGINT AS dates_count, /* Number of published dates in the period, 1 to 7 */
  days.active_customers_count::BIGINT AS active_customers_count, /* Number of customers who have not left */
  days.at_risk_customers_count::BIGINT AS at_risk_customers_count, /* Number of active customers in tier Medium or High */
  days.high_count::BIGINT AS high_count, /* Number of active customers in tier High */
  days.medium_count::BIGINT AS medium_count, /* Number of active customers in tier Medium */
  days.low_count::BIGINT AS low_count, /* Number of active customers in tier Low */
  (
    days.high_count - LAG(days.high_count) OVER (PARTITION BY periods.period ORDER BY periods.period_start_date)
  )::BIGINT AS high_count_change, /* The change since the previous period with a published date; NULL for the first period */
  (
    periods.high_count_sum::DOUBLE PRECISION / periods.dates_count
  )::DOUBLE PRECISION AS average_high_count, /* The mean over the published dates of the period */
  (
    days.at_risk_customers_count::DOUBLE PRECISION / NULLIF(days.active_customers_count, 0)
  )::DOUBLE PRECISION AS at_risk_rate, /* The share of active customers who are at risk, 0 to 1; NULL if no customer is active */
  days.average_churn_probability::DOUBLE PRECISION AS average_churn_probability, /* Mean probability of leaving of the active customers; NULL if no customer is active */
  days.revenue_at_risk_usd::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges of the active customers at risk, in USD */
  days.expected_annual_loss_usd::DECIMAL(18, 2) AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the sum of probability times twelve monthly charges over the active customers, in USD */
  days.expected_loss_12m_usd::DECIMAL(18, 2) AS expected_loss_12m_usd, /* The monthly charges that are expected to be lost within the next 12 months, in USD; NULL if the label of the model has no horizon of its own */
  days.currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  days.basis::TEXT AS basis, /* How the score was made: live, replayed, as_if or reconstructed */
  days.is_synthetic::BOOLEAN AS is_synthetic /* Whether the simulator made the customers */
FROM periods
INNER JOIN days
  ON days.prediction_date = periods.last_date

/* One row per period (day or month) with a published as-of date whose labels have matured: who left, beside who was expected to leave. */
MODEL (
  name reporting.actual_churn,
  kind VIEW,
  description 'One row per period (day or month) with a published as-of date whose labels have matured: how many customers left, beside how many were expected to leave. A month shows its first such date, whose window covers about that month. Customers who could not be labelled are counted apart and left out of the rate.',
  grain (period, period_start_date),
  audits (
    unique_combination_of_columns(columns := (period, period_start_date)),
    not_null(columns := (period, period_start_date, as_of_date, leavers_count))
  )
);

WITH days AS (
  SELECT
    windows.as_of_date,
    windows.window_days,
    windows.customers_count,
    windows.leavers_count,
    windows.censored_count,
    windows.involuntary_count,
    published.expected_leavers_count,
    published.average_churn_probability,
    published.horizon,
    published.basis,
    published.is_synthetic
  FROM analytics.label_windows AS windows
  JOIN reporting.kpi_daily AS published
    ON published.prediction_date = windows.as_of_date
), periods AS (
  SELECT
    'day' AS period,
    as_of_date AS period_start_date,
    as_of_date
  FROM days
  UNION ALL
  SELECT
    'month',
    DATE_TRUNC('MONTH', as_of_date)::DATE,
    MIN(as_of_date)
  FROM days
  GROUP BY
    DATE_TRUNC('MONTH', as_of_date)::DATE
)
SELECT
  periods.period::TEXT AS period, /* The period: day or month */
  periods.period_start_date::DATE AS period_start_date, /* The day, or the first day of the month */
  days.as_of_date::DATE AS as_of_date, /* The as-of date of the customers */
  days.window_days::INT AS window_days, /* The days after the as-of date in which the customers left */
  days.customers_count::BIGINT AS customers_count, /* Number of active customers on the as-of date */
  days.leavers_count::BIGINT AS leavers_count, /* Number of these customers who left within the window */
  days.censored_count::BIGINT AS censored_count, /* Number of these customers who vanished without a word: nobody knows whether they left */
  days.involuntary_count::BIGINT AS involuntary_count, /* Number of these customers who left without deciding to, such as for non-payment */
  (
    days.leavers_count::DOUBLE PRECISION / NULLIF(days.customers_count - days.censored_count - days.involuntary_count, 0)
  )::DOUBLE PRECISION AS churn_rate, /* The share of the labelled customers who left within the window, 0 to 1 */
  days.expected_leavers_count::DECIMAL(18, 1) AS expected_leavers_count, /* The number of customers who were expected to leave: the sum of the probabilities */
  days.average_churn_probability::DOUBLE PRECISION AS average_churn_probability, /* Mean probability of leaving of the active customers */
  days.horizon::TEXT AS horizon, /* Within which time the probabilities say that customers leave; NULL: within the month that the extract covers */
  days.basis::TEXT AS basis, /* How the scores were made: live, replayed, as_if or reconstructed; only live ones were made before anybody left */
  days.is_synthetic::BOOLEAN AS is_synthetic /* Whether the simulator made the customers */
FROM periods
INNER JOIN days
  ON days.as_of_date = periods.as_of_date

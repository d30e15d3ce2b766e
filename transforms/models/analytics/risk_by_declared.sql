/* One row per prediction date, declared segment column (or pair of two) and word: additive counts and money. */
MODEL (
  name analytics.risk_by_declared,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column prediction_date
  ),
  description 'One row per prediction date, column that the company declares as a segment (or pair of two such columns), and word of it: counts and money that can be summed over the words of one column. A column or pair has its 50 words with the most customers; the others are (other). Money is NULL if the extract has no value a month. Never the product of all columns: with n columns a date has at most 51 x n x (n + 1) / 2 rows.',
  grain (prediction_date, dimension, segment),
  audits (
    unique_combination_of_columns(columns := (prediction_date, dimension, segment)),
    not_null(columns := (prediction_date, dimension, segment, customers_count)),
    segments_add_up_to_predictions()
  )
);

WITH risk AS (
  SELECT
    prediction_date,
    customer_id,
    is_active,
    at_risk_flag,
    risk_tier,
    churn_probability,
    annual_revenue_usd,
    revenue_at_risk_usd,
    expected_annual_loss_usd,
    expected_loss_12m_usd,
    has_churned
  FROM analytics.customer_risk
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
), customers AS (
  SELECT
    as_of_date,
    customer_id,
    @segment_columns(fct_customer_features)
  FROM analytics.fct_customer_features
  WHERE
    as_of_date BETWEEN @start_date AND @end_date
), words AS (
  SELECT
    risk.prediction_date,
    @segment_name(places.place) AS dimension,
    @segment_word(customers, places.place) AS segment,
    COUNT(*) AS customers_count,
    COUNT(*) FILTER(WHERE
      risk.is_active) AS active_count,
    COUNT(*) FILTER(WHERE
      risk.is_active AND risk.at_risk_flag) AS at_risk_count,
    COUNT(*) FILTER(WHERE
      risk.is_active AND risk.risk_tier = 'High') AS high_count,
    COUNT(*) FILTER(WHERE
      risk.has_churned) AS churned_count,
    COALESCE(SUM(risk.churn_probability::DECIMAL(20, 9)) FILTER(WHERE
      risk.is_active), 0) AS active_probability_sum,
    SUM(risk.annual_revenue_usd::DECIMAL(20, 9)) AS annual_revenue_usd,
    SUM(risk.revenue_at_risk_usd::DECIMAL(20, 9)) AS revenue_at_risk_usd,
    SUM(risk.expected_annual_loss_usd::DECIMAL(20, 9)) AS expected_annual_loss_usd,
    SUM(risk.expected_loss_12m_usd::DECIMAL(20, 9)) AS expected_loss_12m_usd
  FROM risk
  INNER JOIN customers
    ON customers.as_of_date = risk.prediction_date
    AND customers.customer_id = risk.customer_id
  CROSS JOIN GENERATE_SERIES(1, @segments_count()) AS places(place)
  GROUP BY
    risk.prediction_date,
    @segment_name(places.place),
    @segment_word(customers, places.place)
), ranked AS (
  SELECT
    words.prediction_date,
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
    words.expected_loss_12m_usd,
    ROW_NUMBER() OVER (
      PARTITION BY words.prediction_date, words.dimension
      ORDER BY words.customers_count DESC, words.segment
    ) AS size_rank
  FROM words
)
SELECT
  prediction_date::DATE AS prediction_date, /* The date that was scored */
  dimension::TEXT AS dimension, /* The declared column, or two joined by "and" */
  CASE WHEN size_rank <= 50 THEN segment ELSE '(other)' END::TEXT AS segment, /* Its word (two joined by "and" for a pair); yes or no for a flag, (blank) where it is not known, (other) beyond the 50 largest */
  SUM(customers_count)::BIGINT AS customers_count, /* Number of customers in the extract, including those who left */
  SUM(active_count)::BIGINT AS active_count, /* Number of customers who have not left */
  SUM(at_risk_count)::BIGINT AS at_risk_count, /* Number of active customers in tier Medium or High */
  SUM(high_count)::BIGINT AS high_count, /* Number of active customers in tier High */
  SUM(churned_count)::BIGINT AS churned_count, /* Number of customers who left within the month that the extract covers */
  SUM(active_probability_sum)::DECIMAL(28, 9) AS active_probability_sum, /* The sum of the probabilities of the active customers: the number of leavers to expect */
  SUM(annual_revenue_usd)::DECIMAL(28, 9) AS annual_revenue_usd, /* Twelve monthly charges of the active customers, in USD */
  SUM(revenue_at_risk_usd)::DECIMAL(28, 9) AS revenue_at_risk_usd, /* Twelve monthly charges of the active customers at risk, in USD */
  SUM(expected_annual_loss_usd)::DECIMAL(28, 9) AS expected_annual_loss_usd, /* A year's revenue expected to leave within the horizon: the sum of probability times twelve monthly charges over the active customers, in USD */
  SUM(expected_loss_12m_usd)::DECIMAL(28, 9) AS expected_loss_12m_usd /* Sum of the monthly charges that are expected to be lost within the next 12 months, in USD; NULL if the label of the model has no horizon of its own */
FROM ranked
GROUP BY
  prediction_date,
  dimension,
  CASE WHEN size_rank <= 50 THEN segment ELSE '(other)' END;

@index_the_grain(prediction_date, dimension, segment)

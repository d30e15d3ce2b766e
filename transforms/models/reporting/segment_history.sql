/* One row per published date and segment of customers who are alike: how many they are, their risk and their money. */
MODEL (
  name reporting.segment_history,
  kind VIEW,
  description 'One row per published date and segment of customers who are alike. Counts, shares and money are of active customers; money is NULL if the extract of the date has no value a month. The segments of a date have all its customers: sum over them.',
  grain (prediction_date, segment_number),
  audits (
    unique_combination_of_columns(columns := (prediction_date, segment_number)),
    not_null(
      columns := (prediction_date, segment_number, segment_name, active_customers_count)
    )
  )
);

WITH scores AS (
  SELECT
    prediction_date,
    segmentation_id,
    segment_number,
    COUNT(*) FILTER(WHERE
      is_active) AS active_count,
    COUNT(*) FILTER(WHERE
      is_active AND at_risk_flag) AS at_risk_count,
    SUM(CASE WHEN is_active THEN churn_probability ELSE 0 END) AS probability_sum,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd,
    SUM(expected_annual_loss_usd) AS expected_annual_loss_usd
  FROM analytics.predictions
  WHERE
    NOT segment_number IS NULL
  GROUP BY
    prediction_date,
    segmentation_id,
    segment_number
), segmentations AS (
  SELECT
    segmentation_id,
    as_of_date,
    stability
  FROM ops.segmentations
), segments AS (
  SELECT
    segmentation_id,
    segment_number,
    segment_name,
    strongest_features
  FROM ops.segments
), published AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  scores.prediction_date::DATE AS prediction_date, /* The date that was scored */
  scores.segment_number::INT AS segment_number, /* The number of the segment; it stays the same while the segment is about the same */
  segments.segment_name::TEXT AS segment_name, /* The name of the segment: its strongest features */
  segments.strongest_features::TEXT[] AS strongest_features, /* Five features in which the segment differs most from all customers, the strongest first */
  scores.active_count::BIGINT AS active_customers_count, /* Number of active customers */
  (
    scores.active_count::DOUBLE PRECISION / NULLIF(SUM(scores.active_count) OVER (PARTITION BY scores.prediction_date), 0)
  )::DOUBLE PRECISION AS active_share, /* These customers, as a share of all active customers of the date */
  scores.at_risk_count::BIGINT AS at_risk_customers_count, /* Number of active customers in tier Medium or High */
  (
    scores.probability_sum / NULLIF(scores.active_count, 0)
  )::DOUBLE PRECISION AS average_churn_probability, /* The mean probability of leaving of the active customers */
  ROUND(scores.revenue_at_risk_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS revenue_at_risk_usd, /* Twelve monthly charges of the active customers at risk, in USD */
  ROUND(scores.expected_annual_loss_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_annual_loss_usd, /* A year's revenue of the active customers that is expected to leave, in USD */
  published.currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  segmentations.as_of_date::DATE AS segmented_on, /* The date whose customers the segments were made from */
  segmentations.stability::DOUBLE PRECISION AS stability /* How well segments made from random halves of the customers agree, from 0 (by chance) to 1 */
FROM scores
INNER JOIN published
  ON published.prediction_date = scores.prediction_date
INNER JOIN segmentations
  ON segmentations.segmentation_id = scores.segmentation_id
INNER JOIN segments
  ON segments.segmentation_id = scores.segmentation_id
  AND segments.segment_number = scores.segment_number

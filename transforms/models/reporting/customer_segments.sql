/* One row per published date and customer: the segment of customers who are alike. */
MODEL (
  name reporting.customer_segments,
  kind VIEW,
  description 'One row per published date and customer with a segment. A segment keeps its number while later segmentations have one about as it. Dates that were scored before the first segmentation are left out.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, segment_number, segment_name))
  )
);

WITH scores AS (
  SELECT
    prediction_date,
    customer_id,
    segmentation_id,
    segment_number,
    is_active,
    churn_probability,
    risk_tier
  FROM analytics.predictions
), segments AS (
  SELECT
    segmentation_id,
    segment_number,
    segment_name,
    strongest_features
  FROM ops.segments
), published AS (
  SELECT
    prediction_date
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  scores.prediction_date::DATE AS prediction_date, /* The date that was scored */
  scores.customer_id::TEXT AS customer_id, /* The customer number of the company */
  scores.segment_number::INT AS segment_number, /* The number of the segment; it stays the same while the segment is about the same */
  segments.segment_name::TEXT AS segment_name, /* The name of the segment: its strongest features */
  segments.strongest_features::TEXT[] AS strongest_features, /* Five features in which the segment differs most from all customers, the strongest first */
  scores.is_active::BOOLEAN AS is_active, /* Whether the customer has not left; figures count active customers only */
  scores.churn_probability::DOUBLE PRECISION AS churn_probability, /* The probability of leaving, 0 to 1 */
  scores.risk_tier::TEXT AS risk_tier /* The risk tier: High, Medium or Low, by the bounds of the date */
FROM scores
INNER JOIN published
  ON published.prediction_date = scores.prediction_date
INNER JOIN segments
  ON segments.segmentation_id = scores.segmentation_id
  AND segments.segment_number = scores.segment_number

/* One row per published date and model feature: how many customers lie outside what the model has seen. */
MODEL (
  name reporting.features_out_of_range,
  kind VIEW,
  description 'One row per published date and model feature: how many active customers lie outside the range of the training examples, to which the model clips. Dates whose model has no horizon have no rows.',
  grain (prediction_date, feature),
  audits (
    unique_combination_of_columns(columns := (prediction_date, feature)),
    not_null(columns := (prediction_date, feature, outside_count, active_count))
  )
);

WITH counts AS (
  SELECT
    prediction_date,
    feature,
    outside_count,
    active_count,
    range_low,
    range_high
  FROM ops.features_out_of_range
), published AS (
  SELECT
    prediction_date
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  counts.prediction_date::DATE AS prediction_date, /* The date that was scored */
  counts.feature::TEXT AS feature, /* The model feature */
  counts.outside_count::BIGINT AS outside_count, /* Number of active customers below or above the range */
  counts.active_count::BIGINT AS active_count, /* Number of active customers of the date */
  (
    counts.outside_count::DOUBLE PRECISION / NULLIF(counts.active_count, 0)
  )::DOUBLE PRECISION AS outside_share, /* The share of the active customers outside the range, 0 to 1 */
  counts.range_low::DOUBLE PRECISION AS range_low, /* The smallest value among the training examples, in the unit of the feature */
  counts.range_high::DOUBLE PRECISION AS range_high /* The largest value among the training examples, in the unit of the feature */
FROM counts
INNER JOIN published
  ON published.prediction_date = counts.prediction_date

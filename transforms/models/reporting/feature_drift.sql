/* One row per published date that was the newest one and model feature: how far its values moved. */
MODEL (
  name reporting.feature_drift,
  kind VIEW,
  description 'One row per published date that was once the newest one and model feature: how its values are spread over the active customers, against the training part of the model and against the published date before. A population stability index (PSI) of 0.1 is a visible shift, 0.25 a large one.',
  grain (prediction_date, feature),
  audits (
    unique_combination_of_columns(columns := (prediction_date, feature)),
    not_null(columns := (prediction_date, feature, missing_share))
  )
);

WITH published AS (
  SELECT
    prediction_date
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  drift.prediction_date::DATE AS prediction_date, /* The date that was scored */
  drift.feature::TEXT AS feature, /* The model feature */
  drift.psi::DOUBLE PRECISION AS psi, /* The PSI against the training part of the model; NULL if the model keeps no profile of it */
  drift.psi_previous::DOUBLE PRECISION AS psi_previous, /* The PSI against the published date before */
  drift.missing_share::DOUBLE PRECISION AS missing_share, /* The share of the active customers without a value, 0 to 1 */
  drift.previous_missing_share::DOUBLE PRECISION AS previous_missing_share, /* The same on the date before */
  drift.trained_missing_share::DOUBLE PRECISION AS trained_missing_share, /* The same in the training part of the model */
  drift.mean::DOUBLE PRECISION AS mean, /* The mean of the known values, in the unit of the feature; NULL for words */
  drift.previous_mean::DOUBLE PRECISION AS previous_mean /* The same on the date before */
FROM analytics.feature_drift AS drift
INNER JOIN published
  ON published.prediction_date = drift.prediction_date

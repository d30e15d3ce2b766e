/* One row per published date that was the newest one: why its expected loss differs from the date before. */
MODEL (
  name reporting.score_changes,
  kind VIEW,
  description 'One row per published date that was once the newest one: why the expected loss of its active customers differs from the published date before it. The parts add up to the change. Money is NULL without an earlier date or without a value a month.',
  grain (
    prediction_date
  ),
  audits (
    unique_values(columns := (
      prediction_date
    )),
    not_null(columns := (prediction_date, model_version))
  )
);

WITH published AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  changes.prediction_date::DATE AS prediction_date, /* The date that was scored */
  changes.previous_date::DATE AS previous_date, /* The published date before it; NULL: there was none */
  changes.model_version::INT AS model_version, /* The version of the model that gave the scores */
  changes.previous_model_version::INT AS previous_model_version, /* The version of the model of the date before */
  changes.is_profiled::BOOLEAN AS is_profiled, /* Whether the model keeps a profile of its training part: without it, drift against the training is unknown */
  changes.joined_count::BIGINT AS joined_count, /* Number of active customers who are only in the later date */
  changes.gone_count::BIGINT AS gone_count, /* Number of active customers who are only in the earlier date */
  changes.loss_before_usd::DOUBLE PRECISION AS loss_before_usd, /* A year's revenue that was expected to leave on the date before, as readers saw it first, in USD */
  changes.by_correction_usd::DOUBLE PRECISION AS by_correction_usd, /* The part of the change by corrections of the date before, in USD */
  changes.by_joined_usd::DOUBLE PRECISION AS by_joined_usd, /* The part of the change by customers who joined, in USD */
  changes.by_gone_usd::DOUBLE PRECISION AS by_gone_usd, /* The part of the change by customers who are gone, in USD */
  changes.by_price_usd::DOUBLE PRECISION AS by_price_usd, /* The part of the change by the charges of the customers of both dates, in USD */
  changes.by_behaviour_usd::DOUBLE PRECISION AS by_behaviour_usd, /* The part of the change by their features, in USD */
  changes.by_model_usd::DOUBLE PRECISION AS by_model_usd, /* The part of the change by another model, in USD; NULL if the earlier model could not be loaded: by_behaviour_usd holds both */
  changes.loss_after_usd::DOUBLE PRECISION AS loss_after_usd, /* A year's revenue that is expected to leave on the date, in USD */
  published.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
FROM analytics.score_changes AS changes
INNER JOIN published
  ON published.prediction_date = changes.prediction_date

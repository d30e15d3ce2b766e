/* One row per published date that was the newest one: how its scores will do if they are true, until its labels have matured. */
MODEL (
  name reporting.score_estimates,
  kind VIEW,
  description 'One row per published date that was once the newest one and has a horizon: how its scores will do if the probabilities are true. A band holds 95% of all such months. The estimate cannot see that customers behave in another way (concept drift): reporting.performance_daily does, once the labels have matured.',
  grain (
    prediction_date
  ),
  audits (
    unique_values(columns := (
      prediction_date
    )),
    not_null(columns := (prediction_date, customers_count, leavers))
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
  estimates.prediction_date::DATE AS prediction_date, /* The date that was scored */
  estimates.model_version::INT AS model_version, /* The version of the model that gave the scores */
  estimates.horizon::TEXT AS horizon, /* Within which time the probabilities say that customers leave */
  estimates.customers_count::BIGINT AS customers_count, /* Number of active customers */
  estimates.leavers::DOUBLE PRECISION AS leavers, /* The leavers, if the probabilities are true */
  estimates.leavers_low::DOUBLE PRECISION AS leavers_low, /* The lower end of the 95% band of leavers */
  estimates.leavers_high::DOUBLE PRECISION AS leavers_high, /* The upper end of the same */
  estimates.loss_usd::DOUBLE PRECISION AS loss_usd, /* A year's revenue that leaves, in USD; NULL without a value a month */
  estimates.loss_low_usd::DOUBLE PRECISION AS loss_low_usd, /* The lower end of its 95% band, in USD */
  estimates.loss_high_usd::DOUBLE PRECISION AS loss_high_usd, /* The upper end of the same, in USD */
  estimates.pr_auc::DOUBLE PRECISION AS pr_auc, /* The PR-AUC, if the probabilities are true; NULL if fewer than one customer is expected to leave */
  estimates.pr_auc_low::DOUBLE PRECISION AS pr_auc_low, /* The lower end of its 95% band */
  estimates.pr_auc_high::DOUBLE PRECISION AS pr_auc_high, /* The upper end of the same */
  estimates.lift::DOUBLE PRECISION AS lift, /* Leavers in the top 10%, relative to a random 10%, if the probabilities are true */
  estimates.lift_low::DOUBLE PRECISION AS lift_low, /* The lower end of its 95% band */
  estimates.lift_high::DOUBLE PRECISION AS lift_high, /* The upper end of the same */
  published.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
FROM analytics.score_estimates AS estimates
INNER JOIN published
  ON published.prediction_date = estimates.prediction_date

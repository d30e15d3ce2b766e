/* One row per gate decision, candidate and figure: the figures of each candidate on customers that it was not trained on. */
MODEL (
  name reporting.model_figures,
  kind VIEW,
  description 'One row per gate decision, candidate and figure, measured once on the test part, with its 95% interval. The counts of the confusion matrix have no interval.',
  grain (promotion_id, family, figure),
  audits (
    unique_combination_of_columns(columns := (promotion_id, family, figure)),
    not_null(columns := (promotion_id, family, figure, value))
  )
);

WITH decisions AS (
  SELECT
    promotion_id,
    model_version,
    family AS selected_family,
    (
      evidence -> 'candidates'
    )::JSON AS candidates,
    ROW_NUMBER() OVER (PARTITION BY promotion_id ORDER BY decided_at) AS only_row /* This window function keeps Postgres from merging the CTE into the joins below, so that it unpacks the JSON once for each decision and not once for each row */
  FROM ops.promotions
), families AS (
  SELECT
    'logistic_regression' AS family
  UNION ALL
  SELECT
    'random_forest'
  UNION ALL
  SELECT
    'xgboost'
  UNION ALL
  SELECT
    'average'
), figures AS (
  SELECT
    'pr_auc' AS figure
  UNION ALL
  SELECT
    'roc_auc'
  UNION ALL
  SELECT
    'log_loss'
  UNION ALL
  SELECT
    'brier'
  UNION ALL
  SELECT
    'ece'
  UNION ALL
  SELECT
    'precision'
  UNION ALL
  SELECT
    'recall'
  UNION ALL
  SELECT
    'f1'
  UNION ALL
  SELECT
    'recall_at_10'
  UNION ALL
  SELECT
    'lift_at_10'
  UNION ALL
  SELECT
    'true_positive'
  UNION ALL
  SELECT
    'false_positive'
  UNION ALL
  SELECT
    'false_negative'
  UNION ALL
  SELECT
    'true_negative'
), measured AS (
  SELECT
    decisions.promotion_id,
    decisions.model_version,
    decisions.selected_family,
    families.family,
    figures.figure,
    JSON_EXTRACT_PATH(JSON_EXTRACT_PATH(decisions.candidates, families.family) -> 'test', figures.figure) AS figure_json,
    CAST(JSON_EXTRACT_PATH(
      JSON_EXTRACT_PATH(decisions.candidates, families.family) -> 'confusion',
      figures.figure
    ) AS TEXT) AS counted
  FROM decisions
  CROSS JOIN families
  CROSS JOIN figures
)
SELECT
  promotion_id::BIGINT AS promotion_id, /* The number of the decision */
  model_version::INT AS model_version, /* The model version that the decision is about */
  family::TEXT AS family, /* The family of the candidate */
  figure::TEXT AS figure, /* The figure: pr_auc, roc_auc, log_loss, ..., or a cell of the confusion matrix at 0.5 */
  (
    family = selected_family
  )::BOOLEAN AS is_selected, /* Whether the candidate was selected and became the version */
  COALESCE((
    figure_json ->> 'value'
  )::DOUBLE PRECISION, counted::DOUBLE PRECISION)::DOUBLE PRECISION AS value, /* The value of the figure; for a cell of the confusion matrix the number of customers */
  (
    figure_json ->> 'low'
  )::DOUBLE PRECISION AS low, /* The lower end of the 95% interval; NULL for counts */
  (
    figure_json ->> 'high'
  )::DOUBLE PRECISION AS high /* The upper end of the 95% interval; NULL for counts */
FROM measured
WHERE
  NOT figure_json IS NULL OR NOT counted IS NULL

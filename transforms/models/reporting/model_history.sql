/* One row per gate decision: which model it is about, what was decided and why, and which published dates the model scored. */
MODEL (
  name reporting.model_history,
  kind VIEW,
  description 'One row per gate decision on a trained model: the decision, its reasons, the figures of the model, and the published dates that its version scored.',
  grain (
    promotion_id
  ),
  audits (
    unique_values(columns := (
      promotion_id
    )),
    not_null(columns := (promotion_id, decided_at, model_version, decision))
  )
);

WITH decisions AS (
  SELECT
    promotion_id,
    decided_at,
    as_of_date,
    model_name,
    model_version,
    family,
    decision,
    decided_by,
    person,
    reasons,
    champion_version,
    mlflow_run_id,
    JSON_EXTRACT_PATH((
      evidence -> 'candidates'
    )::JSON, family) -> 'test' -> 'pr_auc' AS test_pr_auc
  FROM ops.promotions
), reigns AS (
  SELECT
    promotion_id,
    LEAD(decided_at) OVER (ORDER BY promotion_id) AS champion_until
  FROM ops.promotions
  WHERE
    decision = 'promote'
), served AS (
  SELECT
    model_name,
    model_version,
    COUNT(*) AS published_dates_count,
    MIN(prediction_date) AS first_prediction_date,
    MAX(prediction_date) AS last_prediction_date
  FROM ops.publications
  WHERE
    status = 'published'
  GROUP BY
    model_name,
    model_version
), origins AS (
  SELECT
    snapshot_date,
    BOOL_AND(origin = 'synthetic') AS is_synthetic
  FROM raw_data.loads
  WHERE
    status = 'loaded'
  GROUP BY
    snapshot_date
)
SELECT
  decisions.promotion_id::BIGINT AS promotion_id, /* The number of the decision, in order */
  decisions.decided_at::TIMESTAMPTZ AS decided_at, /* When the gate or a person decided, in UTC */
  decisions.as_of_date::DATE AS as_of_date, /* The as-of date of the examples that the model was trained on */
  decisions.model_name::TEXT AS model_name, /* The name of the registered model */
  decisions.model_version::INT AS model_version, /* The model version that the decision is about */
  decisions.family::TEXT AS family, /* The family of the model: logistic_regression, random_forest, xgboost or average */
  decisions.decision::TEXT AS decision, /* The decision: promote, hold or reject */
  decisions.decided_by::TEXT AS decided_by, /* gate, or person if somebody promoted or rolled back by hand */
  decisions.person::TEXT AS person, /* Who promoted or rolled back by hand; NULL for a decision of the gate */
  ARRAY_TO_STRING(decisions.reasons, '; ')::TEXT AS reasons, /* The reasons for the decision, in words */
  (
    decisions.test_pr_auc ->> 'value'
  )::DOUBLE PRECISION AS test_pr_auc, /* The PR-AUC of the model on its own test rows, 0 to 1 */
  (
    decisions.test_pr_auc ->> 'low'
  )::DOUBLE PRECISION AS test_pr_auc_low, /* The lower end of the 95% interval */
  (
    decisions.test_pr_auc ->> 'high'
  )::DOUBLE PRECISION AS test_pr_auc_high, /* The upper end of the 95% interval */
  decisions.champion_version::INT AS champion_version, /* The version of the champion that it was compared with; NULL for the first model */
  (
    NOT reigns.promotion_id IS NULL AND reigns.champion_until IS NULL
  )::BOOLEAN AS is_champion, /* Whether the model is the champion now */
  CASE WHEN reigns.promotion_id IS NULL THEN NULL ELSE decisions.decided_at END::TIMESTAMPTZ AS champion_from, /* When the model became champion, in UTC; NULL if it never did */
  reigns.champion_until::TIMESTAMPTZ AS champion_until, /* When the next champion replaced the model, in UTC; NULL if the model is the champion or never was */
  served.first_prediction_date::DATE AS first_prediction_date, /* The first published date that this version scored; NULL if there is none */
  served.last_prediction_date::DATE AS last_prediction_date, /* The last published date that this version scored; NULL if there is none */
  COALESCE(served.published_dates_count, 0)::BIGINT AS published_dates_count, /* Number of published dates that this version scored */
  decisions.mlflow_run_id::TEXT AS mlflow_run_id, /* The MLflow run with the metrics, curves and parameters of the model */
  COALESCE(origins.is_synthetic, FALSE)::BOOLEAN AS is_synthetic /* Whether the simulator made the customers of the as-of date */
FROM decisions
LEFT JOIN reigns
  ON reigns.promotion_id = decisions.promotion_id
LEFT JOIN served
  ON served.model_name = decisions.model_name
  AND served.model_version = decisions.model_version
LEFT JOIN origins
  ON origins.snapshot_date = decisions.as_of_date

/* One row per gate decision: which model was let in when, why, and which published dates it scored. */
MODEL (
  name reporting.model_history,
  kind VIEW,
  description 'One row per gate decision on a trained model: what was decided, why, how good it was, and which published dates its version scored.',
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
)
SELECT
  decisions.promotion_id::BIGINT AS promotion_id, /* Number of the decision, in order */
  decisions.decided_at::TIMESTAMPTZ AS decided_at, /* When the gate decided, UTC */
  decisions.as_of_date::DATE AS as_of_date, /* Day of the examples the model was trained on */
  decisions.model_name::TEXT AS model_name, /* Registered model */
  decisions.model_version::INT AS model_version, /* The version that was judged */
  decisions.family::TEXT AS family, /* logistic_regression, random_forest or xgboost */
  decisions.decision::TEXT AS decision, /* promote, hold or refuse */
  decisions.decided_by::TEXT AS decided_by, /* gate, or person: promoted or rolled back by hand */
  ARRAY_TO_STRING(decisions.reasons, '; ')::TEXT AS reasons, /* Why, in words */
  (
    decisions.test_pr_auc ->> 'value'
  )::DOUBLE PRECISION AS test_pr_auc, /* PR-AUC on its own test rows, 0 to 1 */
  (
    decisions.test_pr_auc ->> 'low'
  )::DOUBLE PRECISION AS test_pr_auc_low, /* Lower end of its 95 % interval */
  (
    decisions.test_pr_auc ->> 'high'
  )::DOUBLE PRECISION AS test_pr_auc_high, /* Upper end of its 95 % interval */
  decisions.champion_version::INT AS champion_version, /* Champion it was held against; NULL for the first */
  (
    NOT reigns.promotion_id IS NULL AND reigns.champion_until IS NULL
  )::BOOLEAN AS is_champion, /* The champion now */
  CASE WHEN reigns.promotion_id IS NULL THEN NULL ELSE decisions.decided_at END::TIMESTAMPTZ AS champion_from, /* When it became champion, UTC; NULL if it never did */
  reigns.champion_until::TIMESTAMPTZ AS champion_until, /* When the next one replaced it, UTC; NULL while champion, or if never */
  served.first_prediction_date::DATE AS first_prediction_date, /* First published date scored by this version; NULL if none */
  served.last_prediction_date::DATE AS last_prediction_date, /* Last published date scored by this version; NULL if none */
  COALESCE(served.published_dates_count, 0)::BIGINT AS published_dates_count, /* Published dates scored by this version */
  decisions.mlflow_run_id::TEXT AS mlflow_run_id /* Where MLflow keeps its metrics, curves and parameters */
FROM decisions
LEFT JOIN reigns
  ON reigns.promotion_id = decisions.promotion_id
LEFT JOIN served
  ON served.model_name = decisions.model_name
  AND served.model_version = decisions.model_version

/* One row per attempt to learn why customers leave, and stated reason: how many leavers stated it. */
MODEL (
  name reporting.leaving_reasons,
  kind VIEW,
  description 'One row per attempt to learn why customers leave, and stated reason: how many leavers stated it, and whether the columns tell it beforehand. Of is_newest rows the leavers add up to all who stated a reason.',
  grain (training_id, reason_group, reason),
  audits (
    unique_combination_of_columns(columns := (training_id, reason_group, reason)),
    not_null(columns := (training_id, reason_group, reason, leavers_count))
  )
);

WITH trainings AS (
  SELECT
    training_id,
    training_id = MAX(training_id) OVER () AS is_newest,
    as_of_date,
    verdict,
    leavers_count AS all_leavers_count,
    log_loss,
    shares_log_loss,
    gain,
    gain_low,
    gain_high,
    model_version
  FROM ops.reason_trainings
), stated AS (
  SELECT
    training_id,
    reason_group,
    reason,
    leavers_count
  FROM ops.stated_reasons
)
SELECT
  stated.training_id::BIGINT AS training_id, /* The number of the attempt */
  trainings.is_newest::BOOLEAN AS is_newest, /* Whether it is the newest attempt */
  trainings.as_of_date::DATE AS as_of_date, /* The date up to which leavers are known */
  stated.reason_group::TEXT AS reason_group, /* The group of the reason, by the declaration */
  stated.reason::TEXT AS reason, /* The reason, in the company's words */
  stated.leavers_count::BIGINT AS leavers_count, /* Number of leavers who stated it */
  (
    stated.leavers_count::DOUBLE PRECISION / NULLIF(trainings.all_leavers_count, 0)
  )::DOUBLE PRECISION AS leavers_share, /* These leavers, as a share of all who stated a reason */
  trainings.verdict::TEXT AS verdict, /* Whether the columns tell the reason beforehand: told, not told, or too few leavers */
  trainings.log_loss::DOUBLE PRECISION AS log_loss, /* The log loss of the model on leavers that it had not seen; NULL if there are too few leavers, as all figures then */
  trainings.shares_log_loss::DOUBLE PRECISION AS shares_log_loss, /* The log loss of the shares of the groups on the same leavers */
  trainings.gain::DOUBLE PRECISION AS gain, /* How much less the model loses; above 0 is better than the shares */
  trainings.gain_low::DOUBLE PRECISION AS gain_low, /* The lower end of its 95% interval */
  trainings.gain_high::DOUBLE PRECISION AS gain_high, /* The upper end of the same */
  trainings.model_version::INT AS model_version /* The version of the registered model of reasons; NULL unless the verdict is "told" */
FROM stated
INNER JOIN trainings
  ON trainings.training_id = stated.training_id

/* One row per published date and active customer: why the customer would most likely leave. */
MODEL (
  name reporting.customer_reasons,
  kind VIEW,
  description 'One row per published date and active customer: of which group the reason would be if the customer leaves. Dates without a model of reasons are left out: too few leavers stated a reason, or the columns do not tell it (reporting.leaving_reasons says which).',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, likely_reason))
  )
);

WITH scores AS (
  SELECT
    prediction_date,
    customer_id,
    likely_reason,
    reason_groups,
    reason_probabilities,
    reason_version,
    churn_probability,
    reasons
  FROM analytics.predictions
  WHERE
    NOT reason_version IS NULL
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
  scores.likely_reason::TEXT AS likely_reason, /* The group that is more likely than all others together, or: not enough */
  scores.reason_groups::TEXT[] AS reason_groups, /* The groups of reasons, the likeliest first */
  scores.reason_probabilities::DOUBLE PRECISION[] AS reason_probabilities, /* Their probabilities if the customer leaves, in the same order; their sum is 1 */
  scores.reason_version::INT AS reason_version, /* The version of the model of reasons */
  scores.churn_probability::DOUBLE PRECISION AS churn_probability, /* The probability of leaving, 0 to 1 */
  scores.reasons::TEXT[] AS reasons /* The reasons of the score itself: what moves the probability most */
FROM scores
INNER JOIN published
  ON published.prediction_date = scores.prediction_date

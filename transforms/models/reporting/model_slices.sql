/* One row per gate decision and kind of customer: does the version keep its promise for each of them. */
MODEL (
  name reporting.model_slices,
  kind VIEW,
  description 'One row per gate decision and kind of customer (contract, tenure band, senior or not, gender), on the test part: what was promised, what happened, and how well the version tells leavers from stayers there.',
  grain (promotion_id, slice_number),
  audits (
    unique_combination_of_columns(columns := (promotion_id, slice_number)),
    not_null(columns := (promotion_id, slice_number, dimension, segment))
  )
);

WITH decisions AS (
  SELECT
    promotion_id,
    model_version,
    (
      evidence -> 'curves'
    )::JSON AS curves,
    ROW_NUMBER() OVER (PARTITION BY promotion_id ORDER BY decided_at) AS only_row /* Unpacked once a decision, not once a row: Postgres keeps a window apart */
  FROM ops.promotions
), numbers AS (
  SELECT
    LPAD(number::TEXT, 2, '0') AS slice_number
  FROM GENERATE_SERIES(1, 99) AS series(number)
), slices AS (
  SELECT
    decisions.promotion_id,
    decisions.model_version,
    numbers.slice_number,
    JSON_EXTRACT_PATH(JSON_EXTRACT_PATH(decisions.curves, 'slices'), numbers.slice_number) AS slice
  FROM decisions
  CROSS JOIN numbers
)
SELECT
  promotion_id::BIGINT AS promotion_id, /* Number of the decision */
  model_version::INT AS model_version, /* The version that was judged */
  slice_number::INT AS slice_number, /* In the order they are shown, 1 first */
  (
    slice ->> 'column'
  )::TEXT AS dimension, /* contract, tenure_band, is_senior_citizen or gender */
  (
    slice ->> 'value'
  )::TEXT AS segment, /* Value within the dimension */
  (
    slice ->> 'customers'
  )::BIGINT AS customers_count, /* Test customers of that kind */
  (
    slice ->> 'leavers'
  )::BIGINT AS churned_customers_count, /* Of them, left */
  (
    slice ->> 'promised_rate'
  )::DOUBLE PRECISION AS average_churn_probability, /* Mean probability they were given, 0 to 1 */
  (
    slice ->> 'left_rate'
  )::DOUBLE PRECISION AS churn_rate, /* Share who left, 0 to 1 */
  (
    slice ->> 'flagged_rate'
  )::DOUBLE PRECISION AS at_risk_rate, /* Share flagged at risk, 0 to 1 */
  (
    slice -> 'roc_auc' ->> 'value'
  )::DOUBLE PRECISION AS roc_auc, /* How well leavers are told from stayers, 0.5 to 1; NULL where nobody or everybody left */
  (
    slice -> 'roc_auc' ->> 'low'
  )::DOUBLE PRECISION AS roc_auc_low, /* Lower end of its 95 % interval */
  (
    slice -> 'roc_auc' ->> 'high'
  )::DOUBLE PRECISION AS roc_auc_high /* Upper end of its 95 % interval */
FROM slices
WHERE
  NOT slice IS NULL

/* One row per gate decision and kind of customer: the figures of the version for each kind. */
MODEL (
  name reporting.model_slices,
  kind VIEW,
  description 'One row per gate decision and kind of customer (by contract, tenure band, senior or not, gender), on the test part: the predicted rate, the actual rate, and the ROC-AUC of the version.',
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
    ROW_NUMBER() OVER (PARTITION BY promotion_id ORDER BY decided_at) AS only_row /* This window function keeps Postgres from merging the CTE into the joins below, so that it unpacks the JSON once for each decision and not once for each row */
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
  promotion_id::BIGINT AS promotion_id, /* The number of the decision */
  model_version::INT AS model_version, /* The model version that the decision is about */
  slice_number::INT AS slice_number, /* The position of the slice in tables, 1 first */
  (
    slice ->> 'column'
  )::TEXT AS dimension, /* The dimension: contract, tenure_band, is_senior_citizen or gender */
  (
    slice ->> 'value'
  )::TEXT AS segment, /* The value of the dimension */
  (
    slice ->> 'customers'
  )::BIGINT AS customers_count, /* Number of test customers of the kind */
  (
    slice ->> 'leavers'
  )::BIGINT AS churned_customers_count, /* Number of test customers of the kind who left */
  (
    slice ->> 'promised_rate'
  )::DOUBLE PRECISION AS average_churn_probability, /* The mean predicted probability, 0 to 1 */
  (
    slice ->> 'left_rate'
  )::DOUBLE PRECISION AS churn_rate, /* The share of the customers who left, 0 to 1 */
  (
    slice ->> 'flagged_rate'
  )::DOUBLE PRECISION AS at_risk_rate, /* The share of the customers who were flagged at risk, 0 to 1 */
  (
    slice -> 'roc_auc' ->> 'value'
  )::DOUBLE PRECISION AS roc_auc, /* The ROC-AUC of the kind; 0.5 is random; NULL if no customer or every customer left */
  (
    slice -> 'roc_auc' ->> 'low'
  )::DOUBLE PRECISION AS roc_auc_low, /* The lower end of the 95% interval */
  (
    slice -> 'roc_auc' ->> 'high'
  )::DOUBLE PRECISION AS roc_auc_high /* The upper end of the 95% interval */
FROM slices
WHERE
  NOT slice IS NULL

/* One row per gate decision, curve and point: calibration, gain and profit of the version on customers that it was not trained on. */
MODEL (
  name reporting.model_curves,
  kind VIEW,
  description 'One row per gate decision, curve and point, on the test part. calibration: the mean predicted probability and the share who left, in ten groups of equal size. gain: the share of customers contacted, highest probability first, and the share of leavers found. profit: the share of customers contacted, highest expected profit first, and the profit in USD per 1,000 customers.',
  grain (promotion_id, curve, point_number),
  audits (
    unique_combination_of_columns(columns := (promotion_id, curve, point_number)),
    not_null(columns := (promotion_id, curve, point_number, x_value, y_value))
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
), names AS (
  SELECT
    'calibration' AS curve
  UNION ALL
  SELECT
    'gain'
  UNION ALL
  SELECT
    'profit'
), numbers AS (
  SELECT
    LPAD(number::TEXT, 2, '0') AS point_number
  FROM GENERATE_SERIES(1, 20) AS series(number)
), points AS (
  SELECT
    decisions.promotion_id,
    decisions.model_version,
    names.curve,
    numbers.point_number,
    JSON_EXTRACT_PATH(JSON_EXTRACT_PATH(decisions.curves, names.curve), numbers.point_number) AS point
  FROM decisions
  CROSS JOIN names
  CROSS JOIN numbers
)
SELECT
  promotion_id::BIGINT AS promotion_id, /* The number of the decision */
  model_version::INT AS model_version, /* The model version that the decision is about */
  curve::TEXT AS curve, /* The curve: calibration, gain or profit */
  point_number::INT AS point_number, /* The number of the point from left to right, 1 first */
  (
    point ->> 'x'
  )::DOUBLE PRECISION AS x_value, /* The mean predicted probability, or the share of customers contacted; 0 to 1 */
  (
    point ->> 'y'
  )::DOUBLE PRECISION AS y_value, /* The share of customers who left, the share of leavers found (both 0 to 1), or the profit in USD per 1,000 customers */
  (
    point ->> 'customers'
  )::BIGINT AS customers_count /* Number of customers in the group, or contacted up to this point */
FROM points
WHERE
  NOT point IS NULL

/* One row per gate decision, curve and point: calibration, gain and profit of the version on customers it had not seen. */
MODEL (
  name reporting.model_curves,
  kind VIEW,
  description 'One row per gate decision, curve and point, on the test part. calibration: mean promised probability and share who left, ten groups of equal size. gain: share of customers contacted, highest probability first, and share of leavers found. profit: share contacted, highest expected profit first, and USD per 1,000 customers.',
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
    ROW_NUMBER() OVER (PARTITION BY promotion_id ORDER BY decided_at) AS only_row /* Unpacked once a decision, not once a row: Postgres keeps a window apart */
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
  promotion_id::BIGINT AS promotion_id, /* Number of the decision */
  model_version::INT AS model_version, /* The version that was judged */
  curve::TEXT AS curve, /* calibration, gain or profit */
  point_number::INT AS point_number, /* From left to right, 1 first */
  (
    point ->> 'x'
  )::DOUBLE PRECISION AS x_value, /* Mean promised probability, or share of customers contacted; 0 to 1 */
  (
    point ->> 'y'
  )::DOUBLE PRECISION AS y_value, /* Share who left, share of leavers found (0 to 1), or profit in USD per 1,000 customers */
  (
    point ->> 'customers'
  )::BIGINT AS customers_count /* Customers of the group, or contacted so far */
FROM points
WHERE
  NOT point IS NULL

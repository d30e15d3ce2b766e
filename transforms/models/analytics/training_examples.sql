/* One row per active customer and as-of date whose labels have matured: whether the customer left within the window. */
MODEL (
  name analytics.training_examples,
  kind VIEW,
  description 'One row per active customer and as-of date whose labels have matured: whether the customer left within the window of analytics.label_windows, and how that is known. NULL means that it is not known, and never that the customer stayed. The features are in analytics.fct_customer_features under the same key. Rewound days are no examples.',
  grain (as_of_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (as_of_date, customer_id)),
    not_null(columns := (as_of_date, customer_id, labelled_by))
  )
);

WITH windows AS (
  SELECT
    as_of_date,
    label_date,
    before_date,
    after_date,
    known_on,
    window_days,
    left_by
  FROM analytics.label_windows
), customers AS (
  SELECT
    snapshot_date,
    customer_id,
    has_churned,
    left_involuntarily,
    left_on
  FROM staging.stg_telco_churn
  WHERE
    NOT is_reconstructed
), marked AS (
  SELECT
    windows.as_of_date,
    customers.customer_id,
    MIN(customers.left_on) AS left_on,
    MAX(CASE WHEN customers.left_involuntarily THEN 1 ELSE 0 END) AS involuntary_count
  FROM windows
  JOIN customers
    ON customers.snapshot_date > windows.as_of_date
    AND customers.snapshot_date <= windows.label_date
    AND customers.has_churned
  GROUP BY
    windows.as_of_date,
    customers.customer_id
), seen AS (
  SELECT
    windows.as_of_date,
    active.customer_id,
    windows.known_on,
    windows.window_days,
    windows.left_by,
    later.customer_id IS NULL AS is_absent,
    CASE WHEN later.customer_id IS NULL THEN marked.left_on ELSE later.left_on END AS left_on,
    CASE
      WHEN later.customer_id IS NULL
      THEN CASE WHEN marked.customer_id IS NULL THEN NULL ELSE TRUE END
      ELSE later.has_churned
    END AS is_marked,
    COALESCE(later.left_involuntarily, marked.involuntary_count > 0, FALSE) AS is_involuntary,
    NOT before.customer_id IS NULL AND NOT after.customer_id IS NULL AS is_back
  FROM windows
  JOIN customers AS active
    ON active.snapshot_date = windows.as_of_date AND NOT active.has_churned
  LEFT JOIN customers AS later
    ON later.customer_id = active.customer_id
    AND later.snapshot_date = windows.label_date
  LEFT JOIN customers AS before
    ON before.customer_id = active.customer_id
    AND before.snapshot_date = windows.before_date
  LEFT JOIN customers AS after
    ON after.customer_id = active.customer_id
    AND after.snapshot_date = windows.after_date
  LEFT JOIN marked
    ON marked.customer_id = active.customer_id
    AND marked.as_of_date = windows.as_of_date
)
SELECT
  as_of_date::DATE AS as_of_date, /* The as-of date of the example */
  customer_id::TEXT AS customer_id, /* The customer number of the company */
  known_on::DATE AS matured_on, /* The extract with which the label matured; before this date no model may be trained on the example */
  window_days::INT AS window_days, /* The days after the as-of date in which a customer left to count as a leaver */
  CASE
    WHEN left_on < as_of_date OR is_involuntary
    THEN NULL
    WHEN NOT left_on IS NULL
    THEN left_on <= as_of_date + window_days
    WHEN NOT is_marked IS NULL
    THEN is_marked
    WHEN left_by = 'absence'
    THEN NOT is_back
  END::BOOLEAN AS left_within_window, /* The label: whether the customer left within the window; NULL if it is not known */
  CASE
    WHEN is_involuntary
    THEN 'involuntary'
    WHEN left_on < as_of_date
    THEN 'censored'
    WHEN NOT left_on IS NULL OR (
      left_by = 'date' AND NOT is_absent
    )
    THEN 'date'
    WHEN NOT is_marked IS NULL AND (
      left_by <> 'absence' OR is_marked
    )
    THEN 'mark'
    WHEN left_by = 'absence'
    THEN 'absence'
    ELSE 'censored'
  END::TEXT AS labelled_by /* How the label is known: date, mark or absence; involuntary if the customer left without deciding to, which is no label; censored if it is not known, because the customer vanished without a word, or had left before the date without being marked */
FROM seen

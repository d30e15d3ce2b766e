/* One row per published date whose labels have matured, dimension and value: who was expected to leave, and who left. */
MODEL (
  name reporting.performance_by_group,
  kind VIEW,
  description 'One row per published date whose labels have matured, dimension and value: expected and real leavers and money. Dimensions: all, decile (01 has the highest probabilities), tier, listed, and each segment. Every dimension has all judged customers: sum only over the values of one dimension and one date.',
  grain (prediction_date, dimension, value),
  audits (
    unique_combination_of_columns(columns := (prediction_date, dimension, value)),
    not_null(columns := (prediction_date, dimension, value, customers_count, leavers_count))
  )
);

WITH published AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  groups.prediction_date::DATE AS prediction_date, /* The date that was scored */
  groups.dimension::TEXT AS dimension, /* The dimension: all, decile, tier, listed, contract and the other segments */
  groups.value::TEXT AS value, /* The value of the dimension */
  groups.customers_count::BIGINT AS customers_count, /* Number of active customers who are judged */
  groups.leavers_count::BIGINT AS leavers_count, /* Number of these customers who left */
  groups.actual_leavers::DOUBLE PRECISION AS actual_leavers, /* The leavers, each held-out customer counted for those contacted */
  groups.expected_leavers::DOUBLE PRECISION AS expected_leavers, /* The leavers whom the probabilities promised, counted alike; NULL without a horizon */
  groups.expected_leavers_low::DOUBLE PRECISION AS expected_leavers_low, /* If the probabilities are true, 95% of all months have at least so many leavers */
  groups.expected_leavers_high::DOUBLE PRECISION AS expected_leavers_high, /* If the probabilities are true, 95% of all months have at most so many leavers */
  (
    groups.actual_leavers / NULLIF(groups.represented_customers, 0)
  )::DOUBLE PRECISION AS actual_share, /* The share of the customers who left, 0 to 1 */
  (
    groups.expected_leavers / NULLIF(groups.represented_customers, 0)
  )::DOUBLE PRECISION AS expected_share, /* The mean probability of leaving, 0 to 1; NULL without a horizon */
  groups.actual_loss_usd::DOUBLE PRECISION AS actual_loss_usd, /* Twelve monthly charges of the customers who left, in USD; NULL without a value a month */
  groups.expected_loss_usd::DOUBLE PRECISION AS expected_loss_usd, /* A year's revenue that was expected to leave, in USD */
  groups.expected_loss_low_usd::DOUBLE PRECISION AS expected_loss_low_usd, /* The lower end of what true probabilities lose in 95% of all months, in USD */
  groups.expected_loss_high_usd::DOUBLE PRECISION AS expected_loss_high_usd, /* The upper end of the same, in USD */
  published.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
FROM analytics.score_outcomes AS groups
INNER JOIN published
  ON published.prediction_date = groups.prediction_date

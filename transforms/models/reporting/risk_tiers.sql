/* One row per risk tier: its smallest probability and its recommended action. */
MODEL (
  name reporting.risk_tiers,
  kind VIEW,
  description 'One row per risk tier: its smallest probability and its recommended action. The bounds are equal to those in churn/economics/tiers.py; a test compares them.',
  grain (
    risk_tier
  ),
  audits (
    unique_values(columns := (
      risk_tier
    )),
    not_null(columns := (risk_tier, recommended_action))
  )
);

SELECT
  'High'::TEXT AS risk_tier, /* The tier: High, Medium or Low */
  1::INT AS urgency_rank, /* The order of urgency, 1 first */
  0.7::DOUBLE PRECISION AS probability_from, /* The smallest probability of the tier */
  'Call within a day: ask what is wrong, offer a longer contract at a better price'::TEXT AS recommended_action /* The recommended action for an active customer of the tier */
UNION ALL
SELECT
  'Medium'::TEXT AS risk_tier,
  2::INT AS urgency_rank,
  0.5::DOUBLE PRECISION AS probability_from,
  'Write within a week: offer support or security free for three months'::TEXT AS recommended_action
UNION ALL
SELECT
  'Low'::TEXT AS risk_tier,
  3::INT AS urgency_rank,
  0.0::DOUBLE PRECISION AS probability_from,
  'Make no offer: watch for a move to a higher tier'::TEXT AS recommended_action

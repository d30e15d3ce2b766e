/* One row per published date and risk tier: its smallest probability, where that comes from, and its recommended action. */
MODEL (
  name reporting.risk_tiers,
  kind VIEW,
  description 'One row per published date and risk tier: its smallest probability, the rule of the policy that gave it, and its recommended action, as they were when the date was scored.',
  grain (prediction_date, risk_tier),
  audits (
    unique_combination_of_columns(columns := (prediction_date, risk_tier)),
    not_null(columns := (prediction_date, risk_tier, probability_from, recommended_action))
  )
);

WITH tiers AS (
  SELECT
    prediction_date,
    risk_tier,
    urgency_rank,
    probability_from,
    is_at_risk,
    recommended_action,
    rule,
    rule_value,
    base_rate
  FROM ops.risk_tiers
), published AS (
  SELECT
    prediction_date
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  tiers.prediction_date::DATE AS prediction_date, /* The date that was scored */
  tiers.risk_tier::TEXT AS risk_tier, /* The tier: High, Medium or Low */
  tiers.urgency_rank::INT AS urgency_rank, /* The order of urgency, 1 first */
  tiers.probability_from::DOUBLE PRECISION AS probability_from, /* The smallest probability of the tier; above 1 if nobody can reach the tier */
  tiers.is_at_risk::BOOLEAN AS is_at_risk, /* Whether customers of the tier count as at risk */
  tiers.recommended_action::TEXT AS recommended_action, /* The recommended action for an active customer of the tier */
  tiers.rule::TEXT AS rule, /* What gave the bound: probability, lift (a multiple of the base rate) or share (of the active customers) */
  tiers.rule_value::DOUBLE PRECISION AS rule_value, /* The value of the policy that gave the bound: a probability, a multiple or a share; NULL for Low */
  tiers.base_rate::DOUBLE PRECISION AS base_rate /* The share of leavers among the training examples of the model, 0 to 1; NULL unless the rule is lift */
FROM tiers
INNER JOIN published
  ON published.prediction_date = tiers.prediction_date

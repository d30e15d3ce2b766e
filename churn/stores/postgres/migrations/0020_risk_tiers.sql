-- Each scored date keeps the bounds and actions of its risk tiers; until now they were part of the program.
INSERT INTO ops.risk_tiers (
    prediction_date, risk_tier, urgency_rank, probability_from, is_at_risk, recommended_action, rule, rule_value
)
SELECT prediction_date, risk_tier, urgency_rank, probability_from, is_at_risk, recommended_action, 'probability', rule_value
FROM ops.publications
CROSS JOIN (VALUES
    ('High', 1, 0.7, TRUE, 'Call: ask what is wrong, offer a longer contract at a better price', 0.7),
    ('Medium', 2, 0.5, TRUE, 'Call or write: offer support or security free for three months', 0.5),
    ('Low', 3, 0.0, FALSE, 'Write: offer a discount on the next bill', NULL)
) AS tiers (risk_tier, urgency_rank, probability_from, is_at_risk, recommended_action, rule_value);
COMMENT ON COLUMN analytics.predictions.at_risk_flag IS 'In tier Medium or High';
COMMENT ON COLUMN analytics.predictions.risk_tier IS 'High, Medium or Low, by the bounds of ops.risk_tiers';

-- Each score keeps the expected profit and cost of a contact; earlier scores get those of the default policy.
-- The probability times twelve monthly charges is the expected annual loss, so a twelfth of it is probability times charge.
ALTER TABLE analytics.predictions ADD COLUMN expected_profit_usd double precision;
ALTER TABLE analytics.predictions ADD COLUMN expected_cost_usd double precision;
UPDATE analytics.predictions AS scores SET
    expected_cost_usd = CASE WHEN is_active THEN 2.0 + 0.6 * charge * (1 - 0.7 * churn_probability) ELSE 0 END,
    expected_profit_usd = CASE
        WHEN is_active THEN churn_probability * 0.3 * 6 * charge - 2.0 - 0.6 * charge * (1 - 0.7 * churn_probability)
        ELSE 0
    END
FROM (
    SELECT prediction_date AS day, customer_id AS customer,
        coalesce(expected_annual_loss_usd / 12 / nullif(churn_probability, 0), 0) AS charge
    FROM analytics.predictions
) AS billed
WHERE billed.day = scores.prediction_date AND billed.customer = scores.customer_id;
ALTER TABLE analytics.predictions ALTER COLUMN expected_profit_usd SET NOT NULL;
ALTER TABLE analytics.predictions ALTER COLUMN expected_cost_usd SET NOT NULL;
COMMENT ON COLUMN analytics.predictions.expected_profit_usd IS 'Of a contact with an offer; 0 if not active';
COMMENT ON COLUMN analytics.predictions.expected_cost_usd IS 'Of that contact and its offer; 0 if not active';

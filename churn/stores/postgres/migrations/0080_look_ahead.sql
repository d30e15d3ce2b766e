-- Scores look 12 months ahead: probability, months, loss, future value and the best month to call. Older scores have NULL there.
ALTER TABLE analytics.predictions ADD COLUMN probability_12m double precision;
ALTER TABLE analytics.predictions ADD COLUMN expected_months_12m double precision;
ALTER TABLE analytics.predictions ADD COLUMN expected_loss_12m_usd double precision;
ALTER TABLE analytics.predictions ADD COLUMN future_value_usd double precision;
ALTER TABLE analytics.predictions ADD COLUMN best_call_month smallint;
COMMENT ON COLUMN analytics.predictions.probability_12m IS 'Probability of leaving within 12 months; NULL: the label has no horizon';
COMMENT ON COLUMN analytics.predictions.expected_months_12m IS 'Months of the next 12 that the customer is expected to pay';
COMMENT ON COLUMN analytics.predictions.expected_loss_12m_usd IS 'Monthly charge times the months lost in the next 12, if active';
COMMENT ON COLUMN analytics.predictions.future_value_usd IS 'Margin of the next 24 months, discounted, if active';
COMMENT ON COLUMN analytics.predictions.best_call_month IS 'The month ahead with the highest risk of leaving; call before it';

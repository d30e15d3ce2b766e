-- Scores look 12 months ahead: probability, months, loss, future value and the best month to call. Older scores have NULL there.
ALTER TABLE analytics.predictions ADD COLUMN probability_12m double precision;
ALTER TABLE analytics.predictions ADD COLUMN expected_months_12m double precision;
ALTER TABLE analytics.predictions ADD COLUMN expected_loss_12m_usd double precision;
ALTER TABLE analytics.predictions ADD COLUMN future_value_usd double precision;
ALTER TABLE analytics.predictions ADD COLUMN best_call_month smallint;

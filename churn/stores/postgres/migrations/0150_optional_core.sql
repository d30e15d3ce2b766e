-- An extract may have no value a month and no tenure: what is computed from them is NULL then, and never 0.
DO $$
DECLARE
    stored text;
BEGIN
    FOREACH stored IN ARRAY ARRAY['telco_churn_raw', 'telco_churn_reconstructed'] LOOP
        EXECUTE format('ALTER TABLE raw_data.%I ALTER COLUMN tenure DROP NOT NULL', stored);
        EXECUTE format('ALTER TABLE raw_data.%I ALTER COLUMN monthly_charges DROP NOT NULL', stored);
        EXECUTE format('COMMENT ON COLUMN raw_data.%I.tenure IS %L', stored, 'Whole months; NULL if the extract has no tenure');
        EXECUTE format(
            'COMMENT ON COLUMN raw_data.%I.monthly_charges IS %L', stored, 'USD a month; NULL if the extract has no value a month'
        );
    END LOOP;
END $$;
COMMENT ON COLUMN raw_data.loads.monthly_charges_total IS 'Sum over accepted rows, USD a month; NULL without a value a month';
ALTER TABLE analytics.predictions
    ALTER COLUMN revenue_at_risk_usd DROP NOT NULL,
    ALTER COLUMN expected_annual_loss_usd DROP NOT NULL,
    ALTER COLUMN lifetime_value_usd DROP NOT NULL,
    ALTER COLUMN expected_profit_usd DROP NOT NULL,
    ALTER COLUMN expected_cost_usd DROP NOT NULL;
COMMENT ON TABLE analytics.predictions IS 'One score per customer and prediction date. May hold dates that are not published. Money is NULL if the extract has no value a month.';
COMMENT ON COLUMN analytics.predictions.lifetime_value_usd IS 'Monthly charge times months of tenure; NULL if the extract lacks one of them';
COMMENT ON COLUMN analytics.predictions.best_call_month IS 'The month ahead with the highest risk; NULL without a tenure';
ALTER TABLE ops.revisions
    ALTER COLUMN revenue_at_risk_before_usd DROP NOT NULL,
    ALTER COLUMN revenue_at_risk_after_usd DROP NOT NULL;
COMMENT ON COLUMN ops.revisions.revenue_at_risk_before_usd IS 'Sum over the old scores; NULL without a value a month';
COMMENT ON COLUMN ops.revisions.revenue_at_risk_after_usd IS 'Sum over the new scores; NULL without a value a month';

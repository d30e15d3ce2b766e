-- Labels have a horizon: loads keep the rules, raw rows the leaving date, publications the horizon of their scores.
ALTER TABLE raw_data.loads ADD COLUMN left_by text NOT NULL DEFAULT 'mark';
ALTER TABLE raw_data.loads ADD COLUMN horizon text NOT NULL DEFAULT '30 days';
ALTER TABLE raw_data.loads ADD COLUMN tolerance_days integer NOT NULL DEFAULT 7;
ALTER TABLE raw_data.loads ADD CONSTRAINT loads_left_by CHECK (left_by IN ('mark', 'date', 'absence'));
COMMENT ON COLUMN raw_data.loads.left_by IS 'How leavers are found: mark, date or absence';
COMMENT ON COLUMN raw_data.loads.horizon IS 'The horizon of the labels, such as 30 days';
COMMENT ON COLUMN raw_data.loads.tolerance_days IS 'How far from the end of the horizon the extract may lie that shows who left';
ALTER TABLE raw_data.telco_churn_raw ADD COLUMN left_on date;
COMMENT ON COLUMN raw_data.telco_churn_raw.left_on IS 'The leaving date, where the extract has one';
ALTER TABLE raw_data.telco_churn_reconstructed ADD COLUMN left_on date;
COMMENT ON COLUMN raw_data.telco_churn_reconstructed.left_on IS 'The leaving date, where the extract has one';
ALTER TABLE ops.publications ADD COLUMN horizon text;
COMMENT ON COLUMN ops.publications.horizon IS 'Within which time the probabilities say that customers leave; NULL: the month that the extract covers';
UPDATE ops.publications SET horizon = '30 days' WHERE model_version IN (
    SELECT model_version FROM ops.promotions WHERE evidence -> 'labels' ->> 'kind' = 'matured'
);

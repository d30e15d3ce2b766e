-- Each score keeps why its customer would leave, where the reasons of leavers tell it. Their tables are new.
ALTER TABLE analytics.predictions ADD COLUMN IF NOT EXISTS likely_reason text;
ALTER TABLE analytics.predictions ADD COLUMN IF NOT EXISTS reason_groups text[];
ALTER TABLE analytics.predictions ADD COLUMN IF NOT EXISTS reason_probabilities double precision[];
ALTER TABLE analytics.predictions ADD COLUMN IF NOT EXISTS reason_version integer;
COMMENT ON COLUMN analytics.predictions.likely_reason IS 'Group of reasons that leaving would most likely have, or: not enough';
COMMENT ON COLUMN analytics.predictions.reason_groups IS 'Groups of reasons, the likeliest first; NULL: no model of reasons';
COMMENT ON COLUMN analytics.predictions.reason_probabilities IS 'Their probabilities if the customer leaves, in that order';
COMMENT ON COLUMN analytics.predictions.reason_version IS 'Version of the model of reasons; NULL: there was none';

-- Each score keeps the segment of its customer. Scores from before have none; the tables of segments are new.
ALTER TABLE analytics.predictions ADD COLUMN IF NOT EXISTS segmentation_id bigint;
ALTER TABLE analytics.predictions ADD COLUMN IF NOT EXISTS segment_number smallint;
COMMENT ON COLUMN analytics.predictions.segmentation_id IS 'The segmentation that the segment is of; NULL: there was none yet';
COMMENT ON COLUMN analytics.predictions.segment_number IS 'The segment of customers who are alike (ops.segments)';

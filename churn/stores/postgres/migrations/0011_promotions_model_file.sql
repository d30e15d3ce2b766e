-- A decision keeps the sha256 of the model's file, and who made it by hand.
ALTER TABLE ops.promotions ADD COLUMN model_sha256 text;
ALTER TABLE ops.promotions ADD COLUMN person text;
COMMENT ON COLUMN ops.promotions.model_sha256 IS 'Of the model''s file; NULL for a model of a release that did not record it';
COMMENT ON COLUMN ops.promotions.person IS 'Who promoted the version by hand; NULL for a decision of the gate';

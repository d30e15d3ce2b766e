-- The ledger of loads says whether customers are real or synthetic; a file's name did.
ALTER TABLE raw_data.loads ADD COLUMN origin text NOT NULL DEFAULT 'real';
ALTER TABLE raw_data.loads ADD CONSTRAINT loads_origin CHECK (origin IN ('real', 'synthetic'));
UPDATE raw_data.loads SET origin = 'synthetic' WHERE source ~ '(^|/)synthetic-[^/]*$';
COMMENT ON COLUMN raw_data.loads.origin IS 'real, or synthetic: every customer comes from the simulator';

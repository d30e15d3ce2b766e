-- The ledger of decisions stores reject where it stored refuse, so that the stored word is the one that people read.
ALTER TABLE ops.promotions DISABLE TRIGGER promotions_append_only;
ALTER TABLE ops.promotions DROP CONSTRAINT promotions_decision;
UPDATE ops.promotions SET decision = 'reject' WHERE decision = 'refuse';
ALTER TABLE ops.promotions ADD CONSTRAINT promotions_decision CHECK (decision IN ('promote', 'hold', 'reject'));
ALTER TABLE ops.promotions ENABLE TRIGGER promotions_append_only;
COMMENT ON COLUMN ops.promotions.decision IS 'promote, hold or reject';

-- Uplift names whom a contact drives away, and says of each enrolled customer whether a draw gave the seat.
ALTER TABLE ops.assignments ADD COLUMN IF NOT EXISTS chosen_by text NOT NULL DEFAULT 'profit';
COMMENT ON COLUMN ops.assignments.chosen_by IS 'profit, or draw: a seat given by a draw';

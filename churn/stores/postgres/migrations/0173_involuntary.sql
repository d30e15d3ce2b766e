-- Leavers who did not decide to leave, such as for non-payment, are no label; each window counts them.
ALTER TABLE analytics.label_windows ADD COLUMN IF NOT EXISTS involuntary_count bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN analytics.label_windows.involuntary_count IS 'Left out: did not decide to leave';

-- Customers whom a campaign contacts within a window are no examples; each window counts them.
ALTER TABLE analytics.label_windows ADD COLUMN IF NOT EXISTS contacted_count bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN analytics.label_windows.contacted_count IS
    'Left out: contacted meanwhile';

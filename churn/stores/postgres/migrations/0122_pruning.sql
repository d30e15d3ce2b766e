-- Dates that are older than [keep] of the policy file allows can be pruned: the ledgers keep them with the status pruned.
-- The checks of the statuses are restored by `churn db upgrade` from those of this release.
COMMENT ON COLUMN raw_data.loads.status IS 'started, loaded, superseded, refused, interrupted or pruned';

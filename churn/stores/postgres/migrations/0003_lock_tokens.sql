-- Who took a lock last is kept, so that a run that lost its lock can write nothing more.
CREATE TABLE IF NOT EXISTS ops.lock_tokens (
    lock text PRIMARY KEY,
    token bigint NOT NULL,
    holder text NOT NULL,
    taken_at timestamptz NOT NULL
);
COMMENT ON TABLE ops.lock_tokens IS 'One row per lock of the pipeline: who took it last. Commits of an earlier holder are refused.';

-- A ledger keeps who withdrew a published date, and why. Such a date is published again only by a command that names it.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps.
COMMENT ON COLUMN ops.publications.status IS 'staged, published, withdrawn (by a person, or because its extract was corrected) or pruned';

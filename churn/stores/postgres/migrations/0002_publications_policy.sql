-- A publication keeps the sha256 of the policy file that was in force.
ALTER TABLE ops.publications ADD COLUMN policy_sha256 text;
COMMENT ON COLUMN ops.publications.policy_sha256 IS 'Of the policy file in force; NULL for days scored before it was kept';

-- A ledger lists the backup files, so that an erasure can name those that still hold the person.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

-- A ledger keeps who asked for no more alerts of an incident until a date, and why.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

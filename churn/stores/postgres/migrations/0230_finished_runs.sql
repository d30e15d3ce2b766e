-- A run of a date remembers what it found, so that the next one ends at once while nothing has changed.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

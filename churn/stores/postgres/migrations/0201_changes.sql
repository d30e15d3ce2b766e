-- Each new published date keeps why its expected loss differs from the date before, and how its features are spread.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

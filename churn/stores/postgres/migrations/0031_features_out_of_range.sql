-- Each scored date keeps how many customers lie outside what its model was trained on. Dates scored before have no counts.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

-- Each new published date keeps why the scores of listed customers and of those with another tier moved.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

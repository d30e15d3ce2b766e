-- Each published date keeps how its scores did once their horizon had passed. The next run judges all dates that matured.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

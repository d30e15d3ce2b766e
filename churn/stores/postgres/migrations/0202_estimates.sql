-- Each new published date keeps how its scores will do if they are true, until its labels have matured.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

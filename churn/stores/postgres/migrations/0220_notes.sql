-- People write down what happened on a day, such as a price rise: charts and the page Today show it.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

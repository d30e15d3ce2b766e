-- Each new published date keeps its sums by segment of at most two columns, and the segments that rose.
-- `churn db upgrade` creates tables that are new in a release before it runs the steps: this file only records the step.
SELECT 1;

AUDIT (
  name same_customers_as_raw
);

/* An extract may have no tenure or no value a month: then raw_data has none, and the model must have as many as raw_data. */
SELECT
  COALESCE(kept.snapshot_date, source.snapshot_date) AS snapshot_date,
  source.row_count AS raw_count,
  kept.row_count AS model_count
FROM (
  SELECT
    snapshot_date,
    COUNT(*) AS row_count,
    COUNT(tenure) AS tenure_count,
    COUNT(monthly_charges) AS charges_count
  FROM (
    SELECT
      snapshot_date,
      tenure,
      monthly_charges
    FROM raw_data.telco_churn_raw
    UNION ALL
    SELECT
      snapshot_date,
      tenure,
      monthly_charges
    FROM raw_data.telco_churn_reconstructed
  ) AS both_tables
  WHERE
    snapshot_date BETWEEN @start_date AND @end_date
  GROUP BY
    snapshot_date
) AS source
FULL OUTER JOIN (
  SELECT
    snapshot_date,
    COUNT(*) AS row_count,
    COUNT(tenure_months) AS tenure_count,
    COUNT(monthly_charges) AS charges_count
  FROM @this_model
  WHERE
    snapshot_date BETWEEN @start_date AND @end_date
  GROUP BY
    snapshot_date
) AS kept
  ON kept.snapshot_date = source.snapshot_date
WHERE
  source.row_count IS DISTINCT FROM kept.row_count
  OR source.tenure_count IS DISTINCT FROM kept.tenure_count
  OR source.charges_count IS DISTINCT FROM kept.charges_count;

AUDIT (
  name same_customers_as_predictions
);

SELECT
  COALESCE(kept.prediction_date, source.prediction_date) AS prediction_date,
  source.row_count AS predictions_count,
  kept.row_count AS model_count
FROM (
  SELECT
    prediction_date,
    COUNT(*) AS row_count
  FROM analytics.predictions
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date
) AS source
FULL OUTER JOIN (
  SELECT
    prediction_date,
    COUNT(*) AS row_count
  FROM @this_model
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date
) AS kept
  ON kept.prediction_date = source.prediction_date
WHERE
  source.row_count IS DISTINCT FROM kept.row_count;

AUDIT (
  name profiles_add_up_to_predictions
);

/* A join over several dates multiplies money and fails here: per date, the profiles must have the same money as the predictions. */
SELECT
  COALESCE(kept.prediction_date, source.prediction_date) AS prediction_date,
  source.customers_count AS predictions_count,
  kept.customers_count AS profiles_count,
  source.revenue_at_risk_usd AS predictions_revenue_at_risk_usd,
  kept.revenue_at_risk_usd AS profiles_revenue_at_risk_usd
FROM (
  SELECT
    prediction_date,
    COUNT(*) AS customers_count,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd,
    SUM(expected_annual_loss_usd) AS expected_annual_loss_usd
  FROM analytics.predictions
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date
) AS source
FULL OUTER JOIN (
  SELECT
    prediction_date,
    SUM(customers_count) AS customers_count,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd,
    SUM(expected_annual_loss_usd) AS expected_annual_loss_usd
  FROM @this_model
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date
) AS kept
  ON kept.prediction_date = source.prediction_date
WHERE
  source.customers_count IS DISTINCT FROM kept.customers_count
  OR (
    source.revenue_at_risk_usd IS NULL
  ) <> (
    kept.revenue_at_risk_usd IS NULL
  )
  OR ABS(source.revenue_at_risk_usd - kept.revenue_at_risk_usd) > 0.01
  OR ABS(source.expected_annual_loss_usd - kept.expected_annual_loss_usd) > 0.01;

AUDIT (
  name segments_add_up_to_predictions
);

/* Every dimension divides the same customers: a join that loses or doubles some fails here. */
SELECT
  kept.prediction_date,
  kept.dimension,
  source.customers_count AS predictions_count,
  kept.customers_count AS segments_count
FROM (
  SELECT
    prediction_date,
    dimension,
    SUM(customers_count) AS customers_count,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd
  FROM @this_model
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date,
    dimension
) AS kept
LEFT JOIN (
  SELECT
    prediction_date,
    COUNT(*) AS customers_count,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd
  FROM analytics.predictions
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date
) AS source
  ON source.prediction_date = kept.prediction_date
WHERE
  source.customers_count IS DISTINCT FROM kept.customers_count
  OR (
    source.revenue_at_risk_usd IS NULL
  ) <> (
    kept.revenue_at_risk_usd IS NULL
  )
  OR ABS(source.revenue_at_risk_usd - kept.revenue_at_risk_usd) > 0.05

AUDIT (
  name revenue_at_risk_is_twelve_months_or_nothing
);

SELECT
  prediction_date,
  customer_id,
  revenue_at_risk_usd,
  monthly_charges
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
  AND ABS(
    revenue_at_risk_usd - CASE
      WHEN is_active AND at_risk_flag
      THEN 12 * GREATEST(monthly_charges, 0)
      ELSE 0
    END
  ) > 0.005
  OR (
    prediction_date BETWEEN @start_date AND @end_date
    AND (
      revenue_at_risk_usd IS NULL
    ) <> (
      monthly_charges IS NULL
    )
  );

AUDIT (
  name expected_loss_is_probability_times_revenue
);

SELECT
  prediction_date,
  customer_id,
  expected_annual_loss_usd,
  churn_probability,
  annual_revenue_usd
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
  AND (
    ABS(expected_annual_loss_usd - churn_probability * annual_revenue_usd) > 0.005
    OR (
      expected_annual_loss_usd IS NULL
    ) <> (
      annual_revenue_usd IS NULL
    )
  );

AUDIT (
  name revenue_at_risk_within_annual_revenue
);

/* Per date, compared with the charges in the features: even a wrong join cannot count the customers twice without failing here. */
SELECT
  risk.prediction_date,
  risk.revenue_at_risk_usd,
  risk.annual_revenue_usd,
  billed.annual_revenue_usd AS billed_annual_revenue_usd
FROM (
  SELECT
    prediction_date,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd,
    SUM(annual_revenue_usd) AS annual_revenue_usd
  FROM @this_model
  WHERE
    prediction_date BETWEEN @start_date AND @end_date
  GROUP BY
    prediction_date
) AS risk
LEFT JOIN (
  SELECT
    as_of_date,
    SUM(
      CASE
        WHEN monthly_charges IS NULL
        THEN NULL
        WHEN has_churned
        THEN 0
        ELSE 12 * GREATEST(monthly_charges, 0)
      END
    ) AS annual_revenue_usd
  FROM analytics.fct_customer_features
  WHERE
    as_of_date BETWEEN @start_date AND @end_date
  GROUP BY
    as_of_date
) AS billed
  ON billed.as_of_date = risk.prediction_date
WHERE
  billed.as_of_date IS NULL
  OR (
    risk.annual_revenue_usd IS NULL
  ) <> (
    billed.annual_revenue_usd IS NULL
  )
  OR risk.revenue_at_risk_usd > billed.annual_revenue_usd + 0.01
  OR ABS(risk.annual_revenue_usd - billed.annual_revenue_usd) > 0.01;

AUDIT (
  name contact_money_is_of_active_customers
);

/* Profit and cost add up to the margin that a contact saves, which is never negative. */
SELECT
  prediction_date,
  customer_id,
  expected_profit_usd,
  expected_cost_usd
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
  AND (
    expected_profit_usd + expected_cost_usd < -0.005
    OR expected_cost_usd < 0
    OR (
      expected_profit_usd IS NULL
    ) <> (
      monthly_charges IS NULL
    )
    OR (
      expected_cost_usd IS NULL
    ) <> (
      monthly_charges IS NULL
    )
    OR (
      NOT is_active AND (
        expected_profit_usd <> 0 OR expected_cost_usd <> 0
      )
    )
  )

AUDIT (
  name exactly_one_contract_flag
);

SELECT
  as_of_date,
  customer_id,
  contract
FROM @this_model
WHERE
  as_of_date BETWEEN @start_date AND @end_date
  AND is_month_to_month::INT + is_one_year_contract::INT + is_two_year_contract::INT <> (
    contract IN ('Month-to-month', 'One year', 'Two year')
  )::INT;

AUDIT (
  name tier_follows_probability
);

/* Against the bounds that were in force when the date was scored. A tier ends where the next higher one begins. */
SELECT
  risk.prediction_date,
  risk.customer_id,
  risk.churn_probability,
  risk.risk_tier,
  risk.at_risk_flag
FROM @this_model AS risk
LEFT JOIN (
  SELECT
    prediction_date,
    risk_tier,
    is_at_risk,
    probability_from,
    LEAD(probability_from) OVER (PARTITION BY prediction_date ORDER BY urgency_rank DESC) AS probability_below
  FROM ops.risk_tiers
) AS tiers
  ON tiers.prediction_date = risk.prediction_date AND tiers.risk_tier = risk.risk_tier
WHERE
  risk.prediction_date BETWEEN @start_date AND @end_date
  AND (
    tiers.risk_tier IS NULL
    OR risk.at_risk_flag <> tiers.is_at_risk
    OR risk.churn_probability < tiers.probability_from
    OR risk.churn_probability >= tiers.probability_below
  );

AUDIT (
  name tiers_add_up_to_active
);

SELECT
  prediction_date,
  SUM(active_count) AS active_count,
  SUM(high_count + medium_count + low_count) AS tiers_count
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
GROUP BY
  prediction_date
HAVING
  SUM(active_count) <> SUM(high_count + medium_count + low_count)
  OR SUM(at_risk_count) <> SUM(high_count + medium_count);

AUDIT (
  name confusion_adds_up_to_customers
);

SELECT
  prediction_date,
  SUM(customers_count) AS customers_count,
  SUM(
    true_positive_count + false_positive_count + false_negative_count + true_negative_count
  ) AS confusion_count
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
GROUP BY
  prediction_date
HAVING
  SUM(customers_count) <> SUM(
    true_positive_count + false_positive_count + false_negative_count + true_negative_count
  );

AUDIT (
  name loss_of_a_year_is_within_revenue
);

SELECT
  prediction_date,
  customer_id,
  expected_loss_12m_usd,
  annual_revenue_usd
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
  AND (
    expected_loss_12m_usd < 0
    OR expected_loss_12m_usd > annual_revenue_usd + 0.01
    OR future_value_usd < 0
    OR (
      is_active AND probability_12m < churn_probability - 0.000001
    )
  );

AUDIT (
  name is_known_of_all_or_none
);

/* An extract has a value a month, or a tenure, of every customer or of none. */
SELECT
  as_of_date,
  COUNT(*) AS customers_count,
  COUNT(@column) AS known_count
FROM @this_model
WHERE
  as_of_date BETWEEN @start_date AND @end_date
GROUP BY
  as_of_date
HAVING
  COUNT(@column) BETWEEN 1 AND COUNT(*) - 1

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

SELECT
  prediction_date,
  customer_id,
  churn_probability,
  risk_tier,
  at_risk_flag
FROM @this_model
WHERE
  prediction_date BETWEEN @start_date AND @end_date
  AND (
    at_risk_flag <> (
      churn_probability >= 0.5
    )
    OR risk_tier <> CASE
      WHEN churn_probability >= 0.7
      THEN 'High'
      WHEN churn_probability >= 0.5
      THEN 'Medium'
      ELSE 'Low'
    END
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
  )

AUDIT (
  name scores_hold_every_customer
);

/* A customer who is missing from a published view does not exist for readers. So the view must have every customer of the table behind it. */
SELECT
  COALESCE(shown.prediction_date, kept.prediction_date) AS prediction_date,
  shown.row_count AS shown_count,
  kept.row_count AS kept_count
FROM (
  SELECT
    prediction_date,
    COUNT(*) AS row_count
  FROM @this_model
  GROUP BY
    prediction_date
) AS shown
FULL OUTER JOIN (
  SELECT
    risk.prediction_date,
    COUNT(*) AS row_count
  FROM analytics.customer_risk AS risk
  INNER JOIN ops.publications AS publications
    ON publications.prediction_date = risk.prediction_date
    AND publications.status = 'published'
  GROUP BY
    risk.prediction_date
) AS kept
  ON kept.prediction_date = shown.prediction_date
WHERE
  shown.row_count IS DISTINCT FROM kept.row_count;

AUDIT (
  name list_holds_everybody_worth_a_contact
);

SELECT
  COALESCE(shown.prediction_date, kept.prediction_date) AS prediction_date,
  shown.row_count AS shown_count,
  kept.row_count AS kept_count
FROM (
  SELECT
    prediction_date,
    COUNT(*) AS row_count
  FROM (
    SELECT
      prediction_date,
      customer_id
    FROM @this_model
    UNION ALL
    SELECT
      risk.prediction_date,
      risk.customer_id
    FROM analytics.customer_risk AS risk
    INNER JOIN ops.publications AS publications
      ON publications.prediction_date = risk.prediction_date
      AND publications.status = 'published'
    INNER JOIN (
      SELECT
        assignments.customer_id,
        MIN(assignments.enrolled_on) AS held_out_from
      FROM ops.assignments AS assignments
      INNER JOIN ops.campaigns AS campaigns
        ON campaigns.campaign_id = assignments.campaign_id AND campaigns.status = 'running'
      WHERE
        assignments.arm = 'control'
      GROUP BY
        assignments.customer_id
    ) AS controls
      ON controls.customer_id = risk.customer_id
      AND controls.held_out_from <= risk.prediction_date
    WHERE
      NOT risk.call_rank IS NULL
  ) AS listed
  GROUP BY
    prediction_date
) AS shown
FULL OUTER JOIN (
  SELECT
    risk.prediction_date,
    COUNT(*) AS row_count
  FROM analytics.customer_risk AS risk
  INNER JOIN ops.publications AS publications
    ON publications.prediction_date = risk.prediction_date
    AND publications.status = 'published'
  WHERE
    risk.is_active
    AND (
      risk.expected_profit_usd > 0
      OR (
        risk.expected_profit_usd IS NULL AND risk.at_risk_flag
      )
    )
  GROUP BY
    risk.prediction_date
) AS kept
  ON kept.prediction_date = shown.prediction_date
WHERE
  shown.row_count IS DISTINCT FROM kept.row_count;

AUDIT (
  name figures_add_up_to_profiles
);

SELECT
  COALESCE(shown.prediction_date, kept.prediction_date) AS prediction_date,
  shown.customers_count AS shown_customers_count,
  kept.customers_count AS kept_customers_count,
  shown.revenue_at_risk_usd AS shown_revenue_at_risk_usd,
  kept.revenue_at_risk_usd AS kept_revenue_at_risk_usd
FROM (
  SELECT
    prediction_date,
    SUM(customers_count) AS customers_count,
    SUM(at_risk_customers_count) AS at_risk_count,
    SUM(revenue_at_risk_usd) AS revenue_at_risk_usd
  FROM @this_model
  WHERE
    @filter
  GROUP BY
    prediction_date
) AS shown
FULL OUTER JOIN (
  SELECT
    profiles.prediction_date,
    SUM(profiles.customers_count) AS customers_count,
    SUM(profiles.at_risk_count) AS at_risk_count,
    SUM(profiles.revenue_at_risk_usd) AS revenue_at_risk_usd
  FROM analytics.risk_by_profile AS profiles
  INNER JOIN ops.publications AS publications
    ON publications.prediction_date = profiles.prediction_date
    AND publications.status = 'published'
  WHERE
    @has
  GROUP BY
    profiles.prediction_date
) AS kept
  ON kept.prediction_date = shown.prediction_date
WHERE
  shown.customers_count IS DISTINCT FROM kept.customers_count
  OR shown.at_risk_count IS DISTINCT FROM kept.at_risk_count
  OR (
    shown.revenue_at_risk_usd IS NULL
  ) <> (
    kept.revenue_at_risk_usd IS NULL
  )
  OR ABS(shown.revenue_at_risk_usd - kept.revenue_at_risk_usd) > 0.05;

AUDIT (
  name nobody_is_held_out
);

/* A list that leaves the company never has a customer whom its campaign holds out. */
SELECT
  list.customer_id
FROM @this_model AS list
INNER JOIN ops.assignments AS controls
  ON controls.customer_id = list.customer_id
  AND controls.campaign_id = list.campaign_id
  AND controls.arm = 'control'

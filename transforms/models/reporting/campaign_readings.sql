/* One row per reading of a campaign: the ledger, and which rows are the newest. */
MODEL (
  name reporting.campaign_readings,
  kind VIEW,
  description 'One row per reading of a campaign, outcome and contrast: how many customers of both groups left, the effect of a contact with its two intervals, and the verdict.',
  grain (
    reading_id
  ),
  audits (
    unique_values(columns := (
      reading_id
    )),
    not_null(columns := (reading_id, campaign_id, outcome, contrast, verdict))
  )
);

WITH readings AS (
  SELECT
    reading_id,
    campaign_id,
    as_of_date,
    outcome,
    contrast,
    treated_count,
    control_count,
    treated_leavers,
    control_leavers,
    effect,
    agreed_low,
    agreed_high,
    any_day_low,
    any_day_high,
    reached_share,
    verdict,
    why,
    read_at,
    ROW_NUMBER() OVER (PARTITION BY campaign_id, outcome, contrast ORDER BY reading_id DESC) AS recency_rank
  FROM ops.readings
), currencies AS (
  SELECT
    assignments.campaign_id,
    MAX(publications.currency) AS currency
  FROM ops.assignments AS assignments
  INNER JOIN ops.publications AS publications
    ON publications.prediction_date = assignments.prediction_date
  GROUP BY
    assignments.campaign_id
), campaigns AS (
  SELECT
    campaign_id,
    is_synthetic
  FROM ops.campaigns
)
SELECT
  readings.reading_id::BIGINT AS reading_id, /* The number of the reading, in order */
  readings.campaign_id::TEXT AS campaign_id, /* The campaign */
  readings.as_of_date::DATE AS as_of_date, /* The snapshot date up to which leavers are known */
  readings.outcome::TEXT AS outcome, /* left, or money_usd */
  readings.contrast::TEXT AS contrast, /* all, or the offer that is compared with the control customers who would have got it */
  (
    readings.recency_rank = 1
  )::BOOLEAN AS is_newest, /* Whether no later reading of this outcome and contrast exists */
  readings.treated_count::BIGINT AS treated_count, /* Customers of the treatment group whose window is over */
  readings.control_count::BIGINT AS control_count, /* Customers of the control group whose window is over */
  readings.treated_leavers::BIGINT AS treated_leavers_count, /* Those of the treatment group who left */
  readings.control_leavers::BIGINT AS control_leavers_count, /* Those of the control group who left */
  readings.effect::DOUBLE PRECISION AS effect, /* Treatment minus control for one customer: a share for left, USD for money_usd; NULL if it is not known */
  readings.agreed_low::DOUBLE PRECISION AS agreed_low, /* The lower end of the 96% interval, which holds on the agreed day */
  readings.agreed_high::DOUBLE PRECISION AS agreed_high, /* The upper end of the 96% interval */
  readings.any_day_low::DOUBLE PRECISION AS any_day_low, /* The lower end of the 99% interval, which holds on any day */
  readings.any_day_high::DOUBLE PRECISION AS any_day_high, /* The upper end of the 99% interval */
  currencies.currency::TEXT AS currency, /* The currency of the effect on money, such as USD or CHF */
  readings.reached_share::DOUBLE PRECISION AS reached_share, /* The share of the treatment group that was reached, 0 to 1 */
  readings.verdict::TEXT AS verdict, /* works, harms, no effect seen, not known yet or broken draw */
  readings.why::TEXT AS why, /* The verdict in a sentence */
  readings.read_at::TIMESTAMPTZ AS read_at, /* When it was read, in UTC */
  campaigns.is_synthetic::BOOLEAN AS is_synthetic /* Whether the simulator made the customers */
FROM readings
LEFT JOIN currencies
  ON currencies.campaign_id = readings.campaign_id
LEFT JOIN campaigns
  ON campaigns.campaign_id = readings.campaign_id

/* One row per campaign: what it promised, whom it enrolled, what came of its contacts, and its newest verdicts. */
MODEL (
  name reporting.campaign_history,
  kind VIEW,
  description 'One row per campaign: the promise that was written down before its first customer, its two groups, what came of its contacts, and the newest reading of leaving and of money over all its customers.',
  grain (
    campaign_id
  ),
  audits (
    unique_values(columns := (
      campaign_id
    )),
    not_null(columns := (campaign_id, status, treated_count, control_count))
  )
);

WITH enrolled AS (
  SELECT
    campaign_id,
    SUM(CASE WHEN arm = 'treatment' THEN 1 ELSE 0 END) AS treated_count,
    SUM(CASE WHEN arm = 'control' THEN 1 ELSE 0 END) AS control_count,
    SUM(CASE WHEN arm = 'control' THEN expected_profit_usd ELSE 0 END) AS held_out_profit_usd,
    MAX(enrolled_on) AS last_wave_date,
    MAX(prediction_date) AS last_prediction_date
  FROM ops.assignments
  GROUP BY
    campaign_id
), answers AS (
  SELECT
    contact_id,
    MAX(CASE WHEN @is_reached(event) THEN 1 ELSE 0 END) AS is_reached,
    MAX(CASE WHEN event = 'accepted' THEN 1 ELSE 0 END) AS has_accepted,
    SUM(cost_usd) AS cost_usd
  FROM ops.contact_events
  GROUP BY
    contact_id
), contacted AS (
  SELECT
    contacts.campaign_id,
    COUNT(contacts.sent_on) AS sent_count,
    COUNT(*) - COUNT(contacts.sent_on) AS waiting_count,
    SUM(answers.is_reached) AS reached_count,
    SUM(answers.has_accepted) AS accepted_count,
    SUM(answers.cost_usd) AS contact_cost_usd
  FROM ops.contacts AS contacts
  LEFT JOIN answers
    ON answers.contact_id = contacts.contact_id
  GROUP BY
    contacts.campaign_id
), read_of_all AS (
  SELECT
    campaign_id,
    outcome,
    as_of_date,
    effect,
    verdict,
    why,
    ROW_NUMBER() OVER (PARTITION BY campaign_id, outcome ORDER BY reading_id DESC) AS recency_rank
  FROM ops.readings
  WHERE
    contrast = 'all'
), publications AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
)
SELECT
  campaigns.campaign_id::TEXT AS campaign_id, /* The name of the campaign */
  campaigns.status::TEXT AS status, /* running or stopped */
  campaigns.started_at::TIMESTAMPTZ AS started_at, /* When it was started, in UTC */
  campaigns.enrol_from::DATE AS enrol_from, /* The first day of enrolment */
  campaigns.enrol_until::DATE AS enrol_until, /* The last day of enrolment */
  campaigns.window_days::INT AS window_days, /* The days after enrolment within which leaving counts */
  campaigns.read_on::DATE AS read_on, /* The agreed day of the reading */
  campaigns.holdout_share::DOUBLE PRECISION AS holdout_share, /* The share of the enrolled customers who are not contacted, 0 to 1 */
  campaigns.is_synthetic::BOOLEAN AS is_synthetic, /* Whether its customers are synthetic */
  COALESCE(enrolled.treated_count, 0)::BIGINT AS treated_count, /* Customers enrolled to be contacted */
  COALESCE(enrolled.control_count, 0)::BIGINT AS control_count, /* Customers enrolled and held out: nobody contacts them */
  enrolled.last_wave_date::DATE AS last_wave_date, /* The day of the newest wave; NULL before the first one */
  COALESCE(contacted.sent_count, 0)::BIGINT AS sent_count, /* Contacts that were sent */
  COALESCE(contacted.waiting_count, 0)::BIGINT AS waiting_count, /* Contacts that wait for a seat */
  COALESCE(contacted.reached_count, 0)::BIGINT AS reached_count, /* Customers whom the company spoke to */
  COALESCE(contacted.accepted_count, 0)::BIGINT AS accepted_count, /* Customers who accepted an offer */
  ROUND(contacted.contact_cost_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS contact_cost_usd, /* The cost of the contacts that came back with one, in USD; NULL if none did */
  ROUND(enrolled.held_out_profit_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS held_out_profit_usd, /* The expected profit that the control group gives up, in USD; NULL before the first wave */
  leaving.as_of_date::DATE AS reading_date, /* The date of the newest snapshot that the newest reading knows; NULL before the first reading */
  leaving.verdict::TEXT AS leaving_verdict, /* The newest verdict on leaving: works, harms, no effect seen, not known yet or broken draw; NULL before the first reading */
  leaving.why::TEXT AS leaving_why, /* The verdict on leaving in a sentence */
  money.verdict::TEXT AS money_verdict, /* The newest verdict on money */
  money.why::TEXT AS money_why, /* The verdict on money in a sentence */
  money.effect::DOUBLE PRECISION AS money_effect_usd, /* What contacting one customer brought, in USD; NULL if it is not known */
  publications.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is; NULL before the first wave */
FROM ops.campaigns AS campaigns
LEFT JOIN enrolled
  ON enrolled.campaign_id = campaigns.campaign_id
LEFT JOIN contacted
  ON contacted.campaign_id = campaigns.campaign_id
LEFT JOIN read_of_all AS leaving
  ON leaving.campaign_id = campaigns.campaign_id
  AND leaving.outcome = 'left'
  AND leaving.recency_rank = 1
LEFT JOIN read_of_all AS money
  ON money.campaign_id = campaigns.campaign_id
  AND money.outcome = 'money_usd'
  AND money.recency_rank = 1
LEFT JOIN publications
  ON publications.prediction_date = enrolled.last_prediction_date

/* One row per published date and customer of the control group of a running campaign: nobody may contact them. */
MODEL (
  name reporting.held_out,
  kind VIEW,
  description 'One row per published date and customer whom a running campaign holds out, from the day of enrolment on. They are in no action list and in no contact list; other systems read here whom to leave alone.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, campaign_id))
  )
);

WITH customers AS (
  SELECT
    prediction_date,
    customer_id,
    call_rank,
    expected_profit_usd
  FROM analytics.customer_risk
), published AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
), controls AS (
  SELECT
    campaign_id,
    customer_id,
    enrolled_on
  FROM ops.assignments
  WHERE
    arm = 'control'
), running AS (
  SELECT
    campaign_id
  FROM ops.campaigns
  WHERE
    status = 'running'
)
SELECT
  customers.prediction_date::DATE AS prediction_date, /* The date that was scored */
  customers.customer_id::TEXT AS customer_id, /* The customer number of the company */
  controls.campaign_id::TEXT AS campaign_id, /* The campaign that holds the customer out */
  controls.enrolled_on::DATE AS enrolled_on, /* The day from which on the customer is held out */
  customers.call_rank::BIGINT AS call_rank, /* The order of calls without the campaign; NULL if a contact is not expected to pay */
  ROUND(customers.expected_profit_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS expected_profit_usd, /* The expected profit that the campaign gives up, in USD */
  published.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
FROM customers
INNER JOIN published
  ON published.prediction_date = customers.prediction_date
INNER JOIN controls
  ON controls.customer_id = customers.customer_id
  AND controls.enrolled_on <= customers.prediction_date
INNER JOIN running
  ON running.campaign_id = controls.campaign_id

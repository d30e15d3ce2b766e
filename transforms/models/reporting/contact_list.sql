/* One row per contact that another system is to make: whom to contact, with which offer, and what may be said. */
MODEL (
  name reporting.contact_list,
  kind VIEW,
  description 'One row per contact of a running campaign that is delivered by this view, best first by wave_date and priority_rank. It has neither score nor group, and nobody of the control group. A contact leaves the list when it expires, its campaign stops, or the customer asks to be left alone. What came of it goes into landing.contact_events.',
  grain (
    contact_id
  ),
  audits (
    unique_values(columns := (
      contact_id
    )),
    not_null(
      columns := (
        contact_id,
        campaign_id,
        customer_id,
        wave_date,
        expires_on,
        channel,
        offer_id,
        state
      )
    ),
    nobody_is_held_out()
  )
);

WITH contacts AS (
  SELECT
    contact_id,
    campaign_id,
    customer_id,
    wave_date,
    priority_rank,
    say_why,
    offer_worth_usd,
    expires_on,
    sent_on,
    sent_at
  FROM ops.contacts
  WHERE
    destination = 'reporting.contact_list' AND expires_on >= CURRENT_DATE
), treated AS (
  SELECT
    campaign_id,
    customer_id,
    channel,
    offer_id,
    monthly_charges,
    prediction_date,
    model_version
  FROM ops.assignments
  WHERE
    arm = 'treatment'
), running AS (
  SELECT
    campaign_id,
    policy_sha256
  FROM ops.campaigns
  WHERE
    status = 'running'
), published AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
), customers AS (
  SELECT
    prediction_date,
    customer_id,
    contract,
    tenure_months
  FROM analytics.customer_risk
), last_words AS (
  SELECT
    customer_id,
    channel,
    reason,
    ROW_NUMBER() OVER (PARTITION BY customer_id, channel ORDER BY since DESC, recorded_at DESC) AS recency_rank
  FROM ops.suppressions
  WHERE
    since <= CURRENT_DATE AND COALESCE(until, CURRENT_DATE) >= CURRENT_DATE
), left_alone AS (
  SELECT
    contacts.contact_id
  FROM contacts
  INNER JOIN treated
    ON treated.campaign_id = contacts.campaign_id
    AND treated.customer_id = contacts.customer_id
  INNER JOIN last_words
    ON last_words.customer_id = contacts.customer_id
    AND last_words.channel IN (treated.channel, 'all')
  WHERE
    last_words.recency_rank = 1 AND last_words.reason <> 'consent'
  GROUP BY
    contacts.contact_id
), answers AS (
  SELECT
    contact_id,
    event,
    ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY @event_rank(event) DESC, event_id) AS reach_rank,
    MAX(recorded_at) OVER (PARTITION BY contact_id) AS recorded_at
  FROM ops.contact_events
)
SELECT
  contacts.contact_id::TEXT AS contact_id, /* The key of the contact: send it back with what came of it */
  contacts.campaign_id::TEXT AS campaign_id, /* The campaign */
  contacts.customer_id::TEXT AS customer_id, /* The customer number of the company */
  contacts.wave_date::DATE AS wave_date, /* The day of enrolment; the earliest wave goes first */
  contacts.priority_rank::BIGINT AS priority_rank, /* The order within the wave, 1 first */
  contacts.sent_on::DATE AS sent_on, /* The day from which on the contact is to be made */
  contacts.expires_on::DATE AS expires_on, /* After this day the contact is no longer made, and leaves the list */
  treated.channel::TEXT AS channel, /* The channel of the policy file */
  treated.offer_id::TEXT AS offer_id, /* The offer */
  ROUND(contacts.offer_worth_usd::DECIMAL(18, 6), 2)::DECIMAL(18, 2) AS offer_worth_usd, /* What the offer costs the company, in USD */
  contacts.say_why::TEXT[] AS say_why, /* What may be said: the reasons that the company can change */
  treated.monthly_charges::DOUBLE PRECISION AS monthly_charges, /* The bill of one month at enrolment, in USD */
  customers.contract::TEXT AS contract, /* The contract: Month-to-month, One year or Two year */
  customers.tenure_months::INT AS tenure_months, /* The whole months as a customer */
  COALESCE(answers.event, 'sent')::TEXT AS state, /* sent, or the furthest event that came back for the contact */
  COALESCE(answers.recorded_at, contacts.sent_at)::TIMESTAMPTZ AS updated_at, /* When the row changed last, in UTC */
  treated.prediction_date::DATE AS prediction_date, /* The published date that the customer was chosen from */
  treated.model_version::INT AS model_version, /* The version of the model that gave the score */
  running.policy_sha256::TEXT AS policy_sha256, /* The digest of the policy file that the campaign was started with */
  1::INT AS schema_version, /* The version of these columns */
  published.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
FROM contacts
INNER JOIN treated
  ON treated.campaign_id = contacts.campaign_id
  AND treated.customer_id = contacts.customer_id
INNER JOIN running
  ON running.campaign_id = contacts.campaign_id
INNER JOIN published
  ON published.prediction_date = treated.prediction_date
LEFT JOIN customers
  ON customers.prediction_date = treated.prediction_date
  AND customers.customer_id = contacts.customer_id
LEFT JOIN answers
  ON answers.contact_id = contacts.contact_id AND answers.reach_rank = 1
LEFT JOIN left_alone
  ON left_alone.contact_id = contacts.contact_id
WHERE
  left_alone.contact_id IS NULL

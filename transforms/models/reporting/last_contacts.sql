/* One row per customer who was contacted: the last contact that was sent, and the last thing that came back for it. */
MODEL (
  name reporting.last_contacts,
  kind VIEW,
  description 'One row per customer to whom a contact of a campaign was sent: the last one, and the last event that came back for it. Whom a campaign holds out is not here.',
  grain (
    customer_id
  ),
  audits (
    unique_values(columns := (
      customer_id
    )),
    not_null(columns := (customer_id, campaign_id, sent_on))
  )
);

WITH sent AS (
  SELECT
    contact_id,
    campaign_id,
    customer_id,
    sent_on,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY sent_on DESC, contact_id DESC) AS recency_rank
  FROM ops.contacts
  WHERE
    NOT sent_on IS NULL
), answers AS (
  SELECT
    contact_id,
    event,
    occurred_at,
    ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY occurred_at DESC, event_id DESC) AS recency_rank
  FROM ops.contact_events
), campaigns AS (
  SELECT
    campaign_id,
    is_synthetic
  FROM ops.campaigns
)
SELECT
  sent.customer_id::TEXT AS customer_id, /* The customer number of the company */
  sent.campaign_id::TEXT AS campaign_id, /* The campaign of the contact */
  sent.sent_on::DATE AS sent_on, /* The day on which the contact was sent */
  answers.event::TEXT AS last_event, /* The last event that came back, such as reached, accepted or not_reached; NULL if nothing came back yet */
  answers.occurred_at::TIMESTAMPTZ AS occurred_at, /* When that happened, in UTC */
  campaigns.is_synthetic::BOOLEAN AS is_synthetic /* Whether the simulator made the customers */
FROM sent
LEFT JOIN answers
  ON answers.contact_id = sent.contact_id AND answers.recency_rank = 1
LEFT JOIN campaigns
  ON campaigns.campaign_id = sent.campaign_id
WHERE
  sent.recency_rank = 1

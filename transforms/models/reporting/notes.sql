/* One row per note about a day: what happened, for the charts of the pages and of BI tools. */
MODEL (
  name reporting.notes,
  kind VIEW,
  description 'One row per note about a day: a price rise, an outage, a campaign of a competitor. People write them with `churn note`; a running campaign adds the day on which it began to enrol.',
  grain (
    note_key
  ),
  audits (
    unique_values(columns := (
      note_key
    )),
    not_null(columns := (note_key, on_date, text))
  )
);

SELECT
  note_key::TEXT AS note_key, /* The number of the note, or the name of the campaign */
  on_date::DATE AS on_date, /* The day on which it happened */
  text::TEXT AS text, /* What happened, in words */
  person::TEXT AS person /* Who wrote it down; NULL for a campaign */
FROM (
  SELECT
    note_id::TEXT AS note_key,
    on_date,
    text,
    person
  FROM ops.notes
  UNION ALL
  SELECT
    'campaign ' || campaign_id,
    enrol_from,
    'campaign ' || campaign_id,
    NULL
  FROM ops.campaigns
) AS said

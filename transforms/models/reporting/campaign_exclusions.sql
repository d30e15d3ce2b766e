/* One row per wave of a campaign and reason: why active customers were not enrolled, and how many were. */
MODEL (
  name reporting.campaign_exclusions,
  kind VIEW,
  description 'One row per campaign, day of a wave and reason: how many active customers were enrolled, and how many were left alone for each first reason that held. Together they are the active customers of the day.',
  grain (campaign_id, wave_date, reason),
  audits (
    unique_combination_of_columns(columns := (campaign_id, wave_date, reason)),
    not_null(columns := (campaign_id, wave_date, reason, customers_count))
  )
);

SELECT
  campaign_id::TEXT AS campaign_id, /* The campaign */
  wave_date::DATE AS wave_date, /* The day of the wave */
  reason::TEXT AS reason, /* The first reason that held, or enrolled */
  customers_count::BIGINT AS customers_count /* Active customers with this reason */
FROM ops.exclusions

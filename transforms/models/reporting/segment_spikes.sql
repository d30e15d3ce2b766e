/* One row per published date that was the newest one and segment whose expected loss rose. */
MODEL (
  name reporting.segment_spikes,
  kind VIEW,
  description 'One row per published date that was once the newest one and segment of one or two columns whose expected loss per customer rose within the last seven published dates: since when, of how many customers, and what it adds. Of all segments and dates that are looked at, 5% of those named are chance (Benjamini-Hochberg). Segments overlap: do not sum them.',
  grain (prediction_date, spike_rank),
  audits (
    unique_combination_of_columns(columns := (prediction_date, spike_rank)),
    not_null(
      columns := (prediction_date, spike_rank, segment, since_date, customers_count, rise)
    )
  )
);

WITH published AS (
  SELECT
    prediction_date,
    currency
  FROM ops.publications
  WHERE
    status = 'published'
)
SELECT
  spikes.prediction_date::DATE AS prediction_date, /* The date that was scored */
  spikes.spike_rank::INT AS spike_rank, /* 1 is the rise that costs most beyond what the other customers show */
  (
    spikes.first_column || ' = ' || spikes.first_word || COALESCE(' and ' || spikes.second_column || ' = ' || spikes.second_word, '')
  )::TEXT AS segment, /* The segment, such as internet_service = Fiber optic and contract = Month-to-month */
  spikes.since_date::DATE AS since_date, /* The first date of the higher level */
  spikes.customers_count::BIGINT AS customers_count, /* Number of active customers of the segment */
  spikes.expected_leavers::DOUBLE PRECISION AS expected_leavers, /* Number of them who are expected to leave within the horizon */
  spikes.rise::DOUBLE PRECISION AS rise, /* By which share their expected loss per customer rose since then (0.2 = 20%); without a value a month their probability */
  spikes.added_loss_usd::DOUBLE PRECISION AS added_loss_usd, /* What the rise adds to their expected loss of a year's revenue, in USD; NULL without a value a month */
  spikes.p_value::DOUBLE PRECISION AS p_value, /* How likely a step of this size is by chance, before all segments and dates are allowed for */
  published.currency::TEXT AS currency /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
FROM analytics.segment_spikes AS spikes
INNER JOIN published
  ON published.prediction_date = spikes.prediction_date

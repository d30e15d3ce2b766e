/* One row per scored date, shown or not: what it was made from and when readers saw it. */
MODEL (
  name reporting.publication_history,
  kind VIEW,
  description 'One row per scored date, published or still staged: customers scored and refused, model, source, times. A staged date has failed an audit or is being worked on; no other reporting table shows it.',
  grain (
    prediction_date
  ),
  audits (
    unique_values(columns := (
      prediction_date
    )),
    not_null(columns := (prediction_date, status, basis, is_synthetic))
  )
);

WITH publications AS (
  SELECT
    prediction_date,
    status,
    basis,
    customers_count,
    eligible_count,
    refused_count,
    load_id,
    model_name,
    model_version,
    staged_at,
    published_at
  FROM ops.publications
), loads AS (
  SELECT
    load_id,
    source,
    is_synthetic
  FROM reporting.load_history
)
SELECT
  publications.prediction_date::DATE AS prediction_date, /* The day that was scored */
  publications.status::TEXT AS status, /* published, or staged: readers do not see it */
  publications.basis::TEXT AS basis, /* live, replayed, as_if or reconstructed */
  publications.customers_count::BIGINT AS customers_count, /* Customers scored */
  publications.eligible_count::BIGINT AS eligible_count, /* Customers of the day: those scored and those refused */
  publications.refused_count::BIGINT AS refused_count, /* Set aside by the load, with reasons; never scored */
  publications.load_id::BIGINT AS load_id, /* The load the features came from */
  loads.source::TEXT AS source, /* Where that file came from; NULL if the ledger does not know the load */
  COALESCE(loads.is_synthetic, FALSE)::BOOLEAN AS is_synthetic, /* The customers are made up by the simulator */
  publications.model_name::TEXT AS model_name, /* Registered model */
  publications.model_version::INT AS model_version, /* Version of the model that gave the scores */
  publications.staged_at::TIMESTAMPTZ AS staged_at, /* When its scores were written, UTC */
  publications.published_at::TIMESTAMPTZ AS published_at /* When readers first saw it, UTC; NULL while staged */
FROM publications
LEFT JOIN loads
  ON loads.load_id = publications.load_id

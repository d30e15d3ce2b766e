/* One row per scored date in any status: what it was made from, when it was published, and who withdrew it. */
MODEL (
  name reporting.publication_history,
  kind VIEW,
  description 'One row per scored date in any status: scored customers, rejected rows, model, source and times. A staged date failed an audit, or a run is working on it. A withdrawn date is hidden by a person, who is named with the reason, or until the scores of its corrected extract are ready. No other reporting view shows such dates.',
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
    horizon,
    currency,
    staged_at,
    published_at
  FROM ops.publications
), last_decisions AS (
  SELECT
    prediction_date,
    MAX(withdrawal_id) AS withdrawal_id
  FROM ops.withdrawals
  GROUP BY
    prediction_date
), withdrawals AS (
  SELECT
    decisions.prediction_date,
    decisions.person,
    decisions.why,
    decisions.decided_at
  FROM ops.withdrawals AS decisions
  INNER JOIN last_decisions
    ON last_decisions.withdrawal_id = decisions.withdrawal_id
  WHERE
    decisions.decision = 'withdrawn'
), loads AS (
  SELECT
    load_id,
    source,
    is_synthetic
  FROM reporting.load_history
)
SELECT
  publications.prediction_date::DATE AS prediction_date, /* The date that was scored */
  publications.status::TEXT AS status, /* published; staged: readers do not see the date yet; or withdrawn: readers do not see it any more */
  publications.basis::TEXT AS basis, /* How the score was made: live, replayed, as_if or reconstructed */
  publications.customers_count::BIGINT AS customers_count, /* Number of customers with a score */
  publications.eligible_count::BIGINT AS eligible_count, /* Number of customers of the date: those with a score and those whose rows were rejected */
  publications.refused_count::BIGINT AS refused_count, /* Number of rows that the load rejected, with reasons; they have no score */
  publications.load_id::BIGINT AS load_id, /* The load that the features come from */
  loads.source::TEXT AS source, /* The path or address of the file of that load; NULL if the ledger has no such load */
  COALESCE(loads.is_synthetic, FALSE)::BOOLEAN AS is_synthetic, /* Whether the simulator made the customers */
  publications.model_name::TEXT AS model_name, /* The name of the registered model */
  publications.model_version::INT AS model_version, /* The version of the model that gave the scores */
  publications.horizon::TEXT AS horizon, /* Within which time the probabilities say that customers leave, such as 30 days; NULL: within the month that the extract covers */
  publications.currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  publications.staged_at::TIMESTAMPTZ AS staged_at, /* When the scores were written, in UTC */
  publications.published_at::TIMESTAMPTZ AS published_at, /* When the date was published, in UTC; NULL while readers do not see it */
  withdrawals.person::TEXT AS withdrawn_by, /* Who withdrew the date; NULL unless a person did, and nobody published it again */
  withdrawals.why::TEXT AS withdrawn_why, /* The reason that this person gave */
  withdrawals.decided_at::TIMESTAMPTZ AS withdrawn_at /* When this person withdrew it, in UTC */
FROM publications
LEFT JOIN loads
  ON loads.load_id = publications.load_id
LEFT JOIN withdrawals
  ON withdrawals.prediction_date = publications.prediction_date

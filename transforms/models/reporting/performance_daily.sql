/* One row per published date whose labels have matured: whether the scores that readers saw came true. */
MODEL (
  name reporting.performance_daily,
  kind VIEW,
  description 'One row per published date whose labels have matured: the scores that readers saw first, beside who left. Contacted customers are left out; those whom a campaign held out stand for them. Where is_unseen is false, the model may have learned from these labels, and the figures flatter it. Nothing here may be summed over dates: their windows overlap.',
  grain (
    prediction_date
  ),
  audits (
    unique_values(columns := (
      prediction_date
    )),
    not_null(columns := (prediction_date, customers_count, leavers_count, is_unseen))
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
  judged.prediction_date::DATE AS prediction_date, /* The date that was scored */
  judged.basis::TEXT AS basis, /* How the scores were made: live, replayed, as_if or reconstructed */
  judged.model_version::INT AS model_version, /* The version of the model that gave the scores */
  judged.trained_on::DATE AS trained_on, /* The as-of date of the training of the model; NULL if it is unknown */
  judged.is_unseen::BOOLEAN AS is_unseen, /* Whether the labels matured after the training; if not, the model may have learned from them */
  judged.horizon::TEXT AS horizon, /* Within which time the probabilities say that customers leave; NULL: within the month that the extract covers */
  judged.window_days::INT AS window_days, /* The days after the date in which the leavers left; the probabilities are brought to this window */
  judged.matured_on::DATE AS matured_on, /* The extract with which the labels matured */
  judged.customers_count::BIGINT AS customers_count, /* Number of active customers who are judged */
  judged.leavers_count::BIGINT AS leavers_count, /* Number of these customers who left */
  judged.contacted_count::BIGINT AS contacted_count, /* Number of customers who are left out, because a campaign contacted them within the window */
  judged.held_out_count::BIGINT AS held_out_count, /* Number of judged customers whom a campaign held out: they stand for the contacted ones */
  judged.censored_count::BIGINT AS censored_count, /* Number of customers who are left out, because nobody knows whether they left */
  judged.actual_leavers::DOUBLE PRECISION AS actual_leavers, /* The leavers, each held-out customer counted for those contacted */
  judged.expected_leavers::DOUBLE PRECISION AS expected_leavers, /* The leavers whom the probabilities promised, counted alike; NULL without a horizon */
  judged.expected_leavers_low::DOUBLE PRECISION AS expected_leavers_low, /* If the probabilities are true, 95% of all months have at least so many leavers */
  judged.expected_leavers_high::DOUBLE PRECISION AS expected_leavers_high, /* If the probabilities are true, 95% of all months have at most so many leavers */
  (
    judged.actual_leavers / NULLIF(judged.expected_leavers, 0)
  )::DOUBLE PRECISION AS leavers_ratio, /* Real leavers relative to expected ones: 1 is exact, 1.2 is 20% more */
  judged.actual_loss_usd::DOUBLE PRECISION AS actual_loss_usd, /* Twelve monthly charges of the customers who left, in USD; NULL without a value a month */
  judged.expected_loss_usd::DOUBLE PRECISION AS expected_loss_usd, /* A year's revenue that was expected to leave, in USD */
  judged.expected_loss_low_usd::DOUBLE PRECISION AS expected_loss_low_usd, /* The lower end of what true probabilities lose in 95% of all months, in USD */
  judged.expected_loss_high_usd::DOUBLE PRECISION AS expected_loss_high_usd, /* The upper end of the same, in USD */
  judged.calibration_error::DOUBLE PRECISION AS calibration_error, /* The mean gap between expected and real share of leavers in ten groups by probability */
  judged.calibration_noise::DOUBLE PRECISION AS calibration_noise, /* The gap that true probabilities exceed in 2.5% of all months */
  judged.pr_auc::DOUBLE PRECISION AS pr_auc, /* The PR-AUC of the scores; NULL with fewer than 20 leavers or stayers */
  judged.pr_auc_low::DOUBLE PRECISION AS pr_auc_low, /* The lower end of its 95% interval */
  judged.pr_auc_high::DOUBLE PRECISION AS pr_auc_high, /* The upper end of its 95% interval */
  judged.log_loss::DOUBLE PRECISION AS log_loss, /* The mean logarithmic loss; NULL without a horizon */
  judged.log_loss_low::DOUBLE PRECISION AS log_loss_low, /* The lower end of its 95% interval */
  judged.log_loss_high::DOUBLE PRECISION AS log_loss_high, /* The upper end of its 95% interval */
  judged.lift::DOUBLE PRECISION AS lift, /* Leavers in the top 10%, relative to a random 10% */
  judged.lift_low::DOUBLE PRECISION AS lift_low, /* The lower end of its 95% interval */
  judged.lift_high::DOUBLE PRECISION AS lift_high, /* The upper end of its 95% interval */
  judged.listed_count::BIGINT AS listed_count, /* Number of judged customers of the action list, as far as the seats reach; NULL without a list */
  judged.list_precision::DOUBLE PRECISION AS list_precision, /* The share of these customers who left */
  judged.list_precision_low::DOUBLE PRECISION AS list_precision_low, /* The lower end of its 95% interval */
  judged.list_precision_high::DOUBLE PRECISION AS list_precision_high, /* The upper end of its 95% interval */
  judged.list_leavers::DOUBLE PRECISION AS list_leavers, /* The leavers on the action list */
  judged.by_charge_leavers::DOUBLE PRECISION AS by_charge_leavers, /* The leavers on a list of the same length with the highest monthly charges */
  judged.at_random_leavers::DOUBLE PRECISION AS at_random_leavers, /* The leavers on a list of the same length at random */
  judged.list_loss_usd::DOUBLE PRECISION AS list_loss_usd, /* Twelve monthly charges of the leavers on the action list, in USD */
  judged.by_charge_loss_usd::DOUBLE PRECISION AS by_charge_loss_usd, /* The same of the list by charge, in USD */
  judged.at_random_loss_usd::DOUBLE PRECISION AS at_random_loss_usd, /* The same of the list at random, in USD */
  published.currency::TEXT AS currency, /* The currency of all money, such as USD or CHF: names and comments of columns say USD whatever it is */
  judged.judged_at::TIMESTAMPTZ AS judged_at /* When the comparison was made, in UTC */
FROM analytics.score_performance AS judged
INNER JOIN published
  ON published.prediction_date = judged.prediction_date

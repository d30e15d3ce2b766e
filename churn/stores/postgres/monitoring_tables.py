"""Declares what monitoring keeps of published dates: how their scores did once their horizon had passed.

Only sums are kept, never a customer: nobody has to be forgotten here, and pruned scores leave their figures behind.
"""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Double, Integer, Table, Text

from churn.stores.postgres.metadata import metadata


def _figure(name: str, comment: str) -> list[Column[float]]:
    """Returns the columns of a figure and of the ends of its interval."""
    return [
        Column(name, Double, comment=comment),
        Column(f"{name}_low", Double, comment=f"Lower end of the 95% interval of {name}"),
        Column(f"{name}_high", Double, comment=f"Upper end of the 95% interval of {name}"),
    ]


score_performance = Table(
    "score_performance",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("known_from", DateTime(timezone=True), nullable=False, comment="When readers first saw these scores, UTC"),
    Column("basis", Text, nullable=False, comment="How the scores were made: live, replayed, as_if or reconstructed"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave the scores"),
    Column("trained_on", Date, comment="As-of date of the training of the model; NULL: unknown"),
    Column("horizon", Text, comment="Horizon of the probabilities; NULL: the month that the extract covers"),
    Column("label_date", Date, nullable=False, comment="The extract that shows who left"),
    Column("matured_on", Date, nullable=False, comment="The extract with which the labels matured"),
    Column("window_days", Integer, nullable=False, comment="The days in which the leavers left"),
    Column("is_unseen", Boolean, nullable=False, comment="The labels matured after the training of the model"),
    Column("customers_count", BigInteger, nullable=False, comment="Customers who are judged"),
    Column("leavers_count", BigInteger, nullable=False, comment="Judged customers who left within window_days"),
    Column("contacted_count", BigInteger, nullable=False, comment="Left out: contacted by a campaign meanwhile"),
    Column("held_out_count", BigInteger, nullable=False, comment="Judged and weighted: held out by a campaign"),
    Column("censored_count", BigInteger, nullable=False, comment="Left out: nobody knows whether they left"),
    Column("actual_leavers", Double, nullable=False, comment="Leavers, those held out standing for those contacted"),
    Column("expected_leavers", Double, comment="Sum of the probabilities within the window; NULL without a horizon"),
    Column("expected_leavers_low", Double, comment="95% of true probabilities give at least so many leavers"),
    Column("expected_leavers_high", Double, comment="95% of true probabilities give at most so many leavers"),
    Column("actual_loss_usd", Double, comment="A year's revenue of the customers who left, in USD"),
    Column("expected_loss_usd", Double, comment="A year's revenue that was expected to leave, in USD"),
    Column("expected_loss_low_usd", Double, comment="Lower end of what true probabilities lose, in USD"),
    Column("expected_loss_high_usd", Double, comment="Upper end of what true probabilities lose, in USD"),
    Column("calibration_error", Double, comment="Mean gap between expected and real share of leavers of the deciles"),
    Column("calibration_noise", Double, comment="The gap that true probabilities exceed in 2.5% of all cases"),
    *_figure("pr_auc", "PR-AUC of the scores; NULL with fewer than 20 leavers or stayers"),
    *_figure("log_loss", "Mean logarithmic loss; NULL without a horizon"),
    *_figure("lift", "Leavers in the top 10% relative to a random 10%"),
    Column("listed_count", BigInteger, comment="Judged customers of the action list, within the seats"),
    *_figure("list_precision", "Share of these who left"),
    Column("list_leavers", Double, comment="Leavers on the list, weighted"),
    Column("by_charge_leavers", Double, comment="Leavers on a list of the same length by monthly charge"),
    Column("at_random_leavers", Double, comment="Leavers on a list of the same length at random"),
    Column("list_loss_usd", Double, comment="A year's revenue of the leavers on the list, in USD"),
    Column("by_charge_loss_usd", Double, comment="A year's revenue of the leavers on the list by charge, in USD"),
    Column("at_random_loss_usd", Double, comment="A year's revenue of the leavers on the list at random, in USD"),
    Column("inputs_sha256", Text, nullable=False, comment="Of the labels and the scores that are compared"),
    Column("judged_at", DateTime(timezone=True), nullable=False, comment="When the comparison was made, UTC"),
    schema="analytics",
    comment="One row per published date whose labels have matured: how the scores did that readers saw first.",
)

score_outcomes = Table(
    "score_outcomes",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("dimension", Text, primary_key=True, comment="all, decile, tier, listed or a column of the customers"),
    Column("value", Text, primary_key=True, comment="Value of the dimension; decile 01 has the highest probabilities"),
    Column("customers_count", BigInteger, nullable=False, comment="Customers who are judged"),
    Column("leavers_count", BigInteger, nullable=False, comment="Judged customers who left"),
    Column("flagged_count", BigInteger, nullable=False, comment="Judged customers in tier Medium or High"),
    Column("flagged_leavers_count", BigInteger, nullable=False, comment="Customers in these tiers who left"),
    Column("represented_customers", Double, nullable=False, comment="Customers for whom the judged ones stand"),
    Column("actual_leavers", Double, nullable=False, comment="Leavers, those held out standing for those contacted"),
    Column("expected_leavers", Double, comment="Sum of the probabilities within the window; NULL without a horizon"),
    Column("expected_leavers_low", Double, comment="95% of true probabilities give at least so many leavers"),
    Column("expected_leavers_high", Double, comment="95% of true probabilities give at most so many leavers"),
    Column("actual_loss_usd", Double, comment="A year's revenue of the customers who left, in USD"),
    Column("expected_loss_usd", Double, comment="A year's revenue that was expected to leave, in USD"),
    Column("expected_loss_low_usd", Double, comment="Lower end of what true probabilities lose, in USD"),
    Column("expected_loss_high_usd", Double, comment="Upper end of what true probabilities lose, in USD"),
    schema="analytics",
    comment="One row per published date whose labels have matured, dimension and value: who was expected to leave, and "
    "who left. Sum only over the values of one dimension and one date.",
)

score_changes = Table(
    "score_changes",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("staged_at", DateTime(timezone=True), nullable=False, comment="When its scores were written, UTC"),
    Column("previous_date", Date, comment="The published date before it; NULL: there was none"),
    Column("previous_staged_at", DateTime(timezone=True), comment="When the scores of that date were written, UTC"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave the scores"),
    Column("previous_model_version", Integer, comment="Version of the model of the previous date"),
    Column("is_profiled", Boolean, nullable=False, comment="The model keeps a profile of its training part"),
    Column("joined_count", BigInteger, comment="Active customers who are only in the later date"),
    Column("gone_count", BigInteger, comment="Active customers who are only in the earlier date"),
    Column("loss_before_usd", Double, comment="Expected loss of the previous date as readers saw it first, in USD"),
    Column("by_correction_usd", Double, comment="Part of the change: the previous date was corrected since, in USD"),
    Column("by_joined_usd", Double, comment="Part of the change: customers who joined, in USD"),
    Column("by_gone_usd", Double, comment="Part of the change: customers who are gone, in USD"),
    Column("by_price_usd", Double, comment="Part of the change: charges of the customers of both dates, in USD"),
    Column("by_behaviour_usd", Double, comment="Part of the change: their features, in USD"),
    Column("by_model_usd", Double, comment="Part of the change: another model; NULL if it could not be loaded"),
    Column("loss_after_usd", Double, comment="Expected loss of the date, in USD"),
    schema="analytics",
    comment="One row per date that was the newest published one: why its expected loss differs from the date before. "
    "The parts add up to the change. Money is NULL without a previous date or without a value a month.",
)

feature_drift = Table(
    "feature_drift",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("feature", Text, primary_key=True, comment="The model feature"),
    Column("missing_share", Double, nullable=False, comment="Share of the active customers without a value"),
    Column("trained_missing_share", Double, comment="The same in the training part of the model; NULL: unknown"),
    Column("previous_missing_share", Double, comment="The same on the previous published date"),
    Column("mean", Double, comment="Mean of the known values; NULL for words"),
    Column("previous_mean", Double, comment="The same on the previous published date"),
    Column("psi", Double, comment="Population stability index against the training part; NULL: unknown"),
    Column("psi_previous", Double, comment="Population stability index against the previous published date"),
    Column("bins", ARRAY(BigInteger), nullable=False, comment="Customers in each bin of the profile of the model"),
    Column("previous_bins", ARRAY(BigInteger), nullable=False, comment="The same on the previous published date"),
    schema="analytics",
    comment="One row per date that was the newest published one and model feature: how it is spread.",
)

segment_days = Table(
    "segment_days",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("first_column", Text, primary_key=True, comment="A column of the customers; empty: all customers"),
    Column("first_word", Text, primary_key=True, comment="Its word"),
    Column("second_column", Text, primary_key=True, comment="Another column; empty: a segment of one column"),
    Column("second_word", Text, primary_key=True, comment="Its word"),
    Column("staged_at", DateTime(timezone=True), nullable=False, comment="When the scores were written, UTC"),
    Column("customers_count", BigInteger, nullable=False, comment="Active customers of the segment"),
    Column("expected_leavers", Double, nullable=False, comment="Sum of their probabilities"),
    Column("expected_loss_usd", Double, comment="Their expected loss, in USD; NULL without a value a month"),
    schema="analytics",
    comment="One row per watched date and segment of at most two columns: what a rise is measured against.",
)

segment_spikes = Table(
    "segment_spikes",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("spike_rank", Integer, primary_key=True, comment="1 is the rise that costs most"),
    Column("first_column", Text, nullable=False, comment="The column of the segment"),
    Column("first_word", Text, nullable=False, comment="Its word"),
    Column("second_column", Text, comment="The other column; NULL: a segment of one column"),
    Column("second_word", Text, comment="Its word"),
    Column("since_date", Date, nullable=False, comment="The first date of the higher level"),
    Column("customers_count", BigInteger, nullable=False, comment="Active customers of the segment"),
    Column("expected_leavers", Double, nullable=False, comment="How many of them are expected to leave"),
    Column("rise", Double, nullable=False, comment="By which share the expected loss per customer rose since then"),
    Column("added_loss_usd", Double, comment="What the rise adds to the expected loss, in USD; NULL without a value"),
    Column("p_value", Double, nullable=False, comment="How likely a step of this size is by chance"),
    schema="analytics",
    comment="One row per date that was the newest published one and segment whose expected loss rose.",
)

score_estimates = Table(
    "score_estimates",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave the scores"),
    Column("horizon", Text, nullable=False, comment="Within which time the probabilities say that customers leave"),
    Column("customers_count", BigInteger, nullable=False, comment="Active customers"),
    *_figure("leavers", "Leavers, if the probabilities are true"),
    Column("loss_usd", Double, comment="A year's revenue that leaves, if they are true, in USD"),
    Column("loss_low_usd", Double, comment="Lower end of the 95% interval of loss_usd"),
    Column("loss_high_usd", Double, comment="Upper end of the 95% interval of loss_usd"),
    *_figure("pr_auc", "PR-AUC, if the probabilities are true"),
    *_figure("lift", "Lift in the top 10%, if the probabilities are true"),
    schema="analytics",
    comment="One row per date that was the newest published one and has a horizon: how its scores will do if they are "
    "true. It cannot see that customers behave in another way: only matured labels do.",
)

"""Declares the tables that Python writes. Every other table belongs to a SQLMesh model.

Whoever needs all tables imports this module. Money is in USD, times are in UTC; rows of a date are replaced together.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    false,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from churn.contracts.statuses import Decider, PublicationStatus, Verdict
from churn.stores.postgres import (
    campaign_tables,
    keeping_tables,
    landing_tables,
    monitoring_tables,
    move_tables,
    note_tables,
    portrait_tables,
    seen_tables,
    uplift_tables,
)
from churn.stores.postgres.metadata import SCHEMAS, keep_append_only, metadata, one_of
from churn.stores.postgres.raw_tables import (
    declared_columns,
    loads,
    rejected_rows,
    second_loads,
    telco_churn_raw,
    telco_churn_reconstructed,
)
from churn.stores.postgres.run_tables import finished_runs, lock_tokens, schema_versions
from churn.stores.postgres.window_tables import change_windows, history_windows, label_windows

__all__ = [
    "SCHEMAS",
    "campaign_tables",
    "change_windows",
    "declared_columns",
    "features_out_of_range",
    "finished_runs",
    "history_windows",
    "incidents",
    "keeping_tables",
    "label_windows",
    "landing_tables",
    "loads",
    "lock_tokens",
    "metadata",
    "monitoring_tables",
    "move_tables",
    "note_tables",
    "portrait_tables",
    "predictions",
    "promotions",
    "publications",
    "rejected_rows",
    "revisions",
    "risk_tiers",
    "schema_versions",
    "second_loads",
    "seen_tables",
    "telco_churn_raw",
    "telco_churn_reconstructed",
    "uplift_tables",
]

predictions = Table(
    "predictions",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The as-of date that was scored"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("churn_probability", Double, nullable=False, comment="Probability of leaving, 0 to 1"),
    Column("at_risk_flag", Boolean, nullable=False, comment="In tier Medium or High"),
    Column("risk_tier", Text, nullable=False, comment="High, Medium or Low, by the bounds of ops.risk_tiers"),
    Column("revenue_at_risk_usd", Double, comment="Twelve monthly charges if active and at risk, else 0"),
    Column("expected_annual_loss_usd", Double, comment="Probability times twelve monthly charges if active, else 0"),
    Column(
        "lifetime_value_usd",
        Double,
        comment="Monthly charge times months of tenure; NULL if the extract lacks one of them",
    ),
    Column("expected_profit_usd", Double, comment="Of a contact with an offer; 0 if not active"),
    Column("expected_cost_usd", Double, comment="Of that contact and its offer; 0 if not active"),
    Column("is_active", Boolean, nullable=False, comment="Has not left"),
    Column("has_unseen_plan", Boolean, nullable=False, comment="The model's training examples held no such plan"),
    Column(
        "reasons", ARRAY(Text), comment="What moves the score most, + raises it, - lowers it; NULL: model gives none"
    ),
    Column("model_name", Text, nullable=False, comment="Registered model"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave the scores"),
    Column("basis", Text, nullable=False, comment="live, replayed, as_if or reconstructed"),
    Column("scored_at", DateTime(timezone=True), nullable=False, comment="When the score was made, UTC"),
    Column("run_id", Text, nullable=False, comment="The flow run that wrote it"),
    Column(
        "probability_12m", Double, comment="Probability of leaving within 12 months; NULL: the label has no horizon"
    ),
    Column("expected_months_12m", Double, comment="Months of the next 12 that the customer is expected to pay"),
    Column("expected_loss_12m_usd", Double, comment="Monthly charge times the months lost in the next 12, if active"),
    Column("future_value_usd", Double, comment="Margin of the next 24 months, discounted, if active"),
    Column("best_call_month", SmallInteger, comment="The month ahead with the highest risk; NULL without a tenure"),
    Column("segmentation_id", BigInteger, comment="The segmentation that the segment is of; NULL: there was none yet"),
    Column("segment_number", SmallInteger, comment="The segment of customers who are alike (ops.segments)"),
    Column("likely_reason", Text, comment="Group of reasons that leaving would most likely have, or: not enough"),
    Column("reason_groups", ARRAY(Text), comment="Groups of reasons, the likeliest first; NULL: no model of reasons"),
    Column("reason_probabilities", ARRAY(Double), comment="Their probabilities if the customer leaves, in that order"),
    Column("reason_version", Integer, comment="Version of the model of reasons; NULL: there was none"),
    schema="analytics",
    comment="One score per customer and prediction date. May hold dates that are not published. "
    "Money is NULL if the extract has no value a month.",
)

publications = Table(
    "publications",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The as-of date that was scored"),
    Column(
        "status",
        Text,
        nullable=False,
        comment="staged, published, withdrawn (by a person, or because its extract was corrected) or pruned",
    ),
    Column("basis", Text, nullable=False, comment="live, replayed, as_if or reconstructed"),
    Column("customers_count", BigInteger, nullable=False, comment="Predictions written"),
    Column(
        "eligible_count", BigInteger, nullable=False, comment="Customers of the day: those scored and those refused"
    ),
    Column("refused_count", BigInteger, nullable=False, comment="Set aside by the load, with reasons; never scored"),
    Column("load_id", BigInteger, nullable=False, comment="The load the features came from"),
    Column("source_sha256", Text, nullable=False, comment="Of the file the features came from"),
    Column("transforms_version", Text, nullable=False, comment="Fingerprint of the SQL models"),
    Column("model_name", Text, nullable=False, comment="Registered model"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave the scores"),
    Column("run_id", Text, nullable=False, comment="The flow run that wrote it"),
    Column("staged_at", DateTime(timezone=True), nullable=False, comment="When its scores were written, UTC"),
    Column("published_at", DateTime(timezone=True), comment="NULL while readers do not see it"),
    Column("policy_sha256", Text, comment="Of the policy file in force; NULL for days scored before it was kept"),
    Column(
        "horizon",
        Text,
        comment="Within which time the probabilities say that customers leave; NULL: the month that the extract covers",
    ),
    Column(
        "forgotten_count",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="Customers who were scored or refused and have been forgotten since; in no other count",
    ),
    Column("seats_count", BigInteger, comment="Contacts a day of all channels of the policy; NULL: it sets no limit"),
    Column("save_rate", Double, comment="Share of contacted leavers who stay, as the money of contacts takes it"),
    Column(
        "is_save_rate_measured",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="A campaign measured a share that agrees with save_rate; else it is assumed",
    ),
    Column(
        "currency", Text, nullable=False, server_default="USD", comment="The currency of all money, such as USD or CHF"
    ),
    CheckConstraint(one_of("status", PublicationStatus), name="publications_status"),
    CheckConstraint("eligible_count = customers_count + refused_count", name="publications_coverage"),
    CheckConstraint("(status = 'published') = (published_at is not null)", name="publications_published_at"),
    schema="ops",
    comment="One row per scored date; readers of reporting see a date only while it is published.",
)

risk_tiers = Table(
    "risk_tiers",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The as-of date that was scored"),
    Column("risk_tier", Text, primary_key=True, comment="High, Medium or Low"),
    Column("urgency_rank", Integer, nullable=False, comment="Order of the tiers, 1 first"),
    Column("probability_from", Double, nullable=False, comment="Smallest probability; above 1 if nobody can reach it"),
    Column("is_at_risk", Boolean, nullable=False, comment="Customers of the tier count as at risk"),
    Column("recommended_action", Text, nullable=False, comment="What to do for an active customer of the tier"),
    Column("rule", Text, nullable=False, comment="What gave the bound: probability, lift or share"),
    Column("rule_value", Double, comment="Value of the policy that gave the bound; NULL for Low"),
    Column("base_rate", Double, comment="Share of leavers among the training examples; NULL unless the rule is lift"),
    CheckConstraint("rule in ('probability', 'lift', 'share')", name="risk_tiers_rule"),
    schema="ops",
    comment="One row per scored date and tier: the bounds and actions in force when it was scored.",
)

features_out_of_range = Table(
    "features_out_of_range",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The as-of date that was scored"),
    Column("feature", Text, primary_key=True, comment="The model feature"),
    Column("outside_count", BigInteger, nullable=False, comment="Active customers below or above the range"),
    Column("active_count", BigInteger, nullable=False, comment="Active customers of the date"),
    Column("range_low", Double, nullable=False, comment="Smallest value among the training examples"),
    Column("range_high", Double, nullable=False, comment="Largest value among the training examples"),
    schema="ops",
    comment="One row per scored date and feature: who lies outside what a model with a horizon has seen.",
)

promotions = Table(
    "promotions",
    metadata,
    Column(
        "promotion_id", BigInteger, Identity(always=True), primary_key=True, comment="Number of the decision, in order"
    ),
    Column("decided_at", DateTime(timezone=True), nullable=False, comment="When the gate decided, UTC"),
    Column("as_of_date", Date, nullable=False, comment="Day of the examples it was trained on"),
    Column("model_name", Text, nullable=False, comment="Registered model"),
    Column("model_version", Integer, nullable=False, comment="The challenger"),
    Column("family", Text, nullable=False, comment="Kind of model"),
    Column("decision", Text, nullable=False, comment="promote, hold or reject"),
    Column("decided_by", Text, nullable=False, comment="gate, or person: promoted or rolled back by hand"),
    Column("reasons", ARRAY(Text), nullable=False, comment="Why, in words"),
    Column("champion_version", Integer, comment="Champion it was held against; NULL for the first"),
    Column("training_fingerprint", Text, nullable=False, comment="Of the examples and every training setting"),
    Column("mlflow_run_id", Text, nullable=False, comment="Where MLflow keeps its metrics, curves and parameters"),
    Column("evidence", JSONB, nullable=False, comment="Figures of the challenger and of every candidate"),
    Column("model_sha256", Text, comment="Of the model's file; NULL for a model of a release that did not record it"),
    Column("person", Text, comment="Who promoted the version by hand; NULL for a decision of the gate"),
    CheckConstraint(one_of("decision", Verdict), name="promotions_decision"),
    CheckConstraint(one_of("decided_by", Decider), name="promotions_decided_by"),
    Index("promotions_fingerprint", "training_fingerprint"),
    schema="ops",
    comment="Ledger of every gate decision. The champion is the last version promoted here.",
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("incident_key", Text, nullable=False, comment="The same failure of the same flow has the same"),
    Column("flow", Text, nullable=False, comment="The flow that failed"),
    Column("as_of_date", Date, comment="The date that was being made; NULL where the flow makes none"),
    Column("severity", Text, nullable=False, comment="critical, error or warning"),
    Column("fact", Text, nullable=False, comment="What happened"),
    Column("next_step", Text, nullable=False, comment="What to do about it"),
    Column("opened_at", DateTime(timezone=True), nullable=False, comment="When it was seen first, UTC"),
    Column("told_at", DateTime(timezone=True), comment="When people were told, UTC; NULL while no message got through"),
    Column("closed_at", DateTime(timezone=True), comment="When the flow did well again, UTC; NULL while it lasts"),
    Index("incidents_one_open", "incident_key", unique=True, postgresql_where="closed_at is null"),
    schema="ops",
    comment="One row per incident that alerts told of, from its first failure to the recovery.",
)

revisions = Table(
    "revisions",
    metadata,
    Column("revision_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("prediction_date", Date, nullable=False, comment="The published date whose scores were replaced"),
    Column("load_id_before", BigInteger, nullable=False, comment="The load the old scores came from"),
    Column("load_id_after", BigInteger, nullable=False, comment="The load the new scores come from"),
    Column("model_version_before", Integer, nullable=False, comment="Version of the model that gave the old scores"),
    Column("model_version_after", Integer, nullable=False, comment="Version of the model that gave the new scores"),
    Column("basis_before", Text, nullable=False, comment="live, replayed, as_if or reconstructed"),
    Column("basis_after", Text, nullable=False, comment="live, replayed, as_if or reconstructed"),
    Column("unchanged_count", BigInteger, nullable=False, comment="Customers whose score and money stayed the same"),
    Column("changed_count", BigInteger, nullable=False, comment="Customers whose score or money changed"),
    Column("added_count", BigInteger, nullable=False, comment="Customers who had no score of that date"),
    Column("removed_count", BigInteger, nullable=False, comment="Customers who have no score of that date any more"),
    Column("moved_tier_count", BigInteger, nullable=False, comment="Customers in another risk tier than before"),
    Column("revenue_at_risk_before_usd", Numeric, comment="Sum over the old scores; NULL without a value a month"),
    Column("revenue_at_risk_after_usd", Numeric, comment="Sum over the new scores; NULL without a value a month"),
    Column("run_id", Text, nullable=False, comment="The flow run that replaced them"),
    Column("revised_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    schema="ops",
    comment="Ledger: one row per time that the scores of a date that readers had seen were replaced, and what changed.",
)

keep_append_only(promotions)
keep_append_only(revisions)

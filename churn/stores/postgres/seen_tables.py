"""Declares what readers saw of a published date before its scores were replaced: the date, and its customers."""

from sqlalchemy import Column, Date, DateTime, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from churn.stores.postgres.metadata import metadata

seen_days = Table(
    "seen_days",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The published date"),
    Column("known_from", DateTime(timezone=True), primary_key=True, comment="When readers first saw this version, UTC"),
    Column("known_until", DateTime(timezone=True), nullable=False, comment="When it was replaced or withdrawn, UTC"),
    Column("run_id", Text, nullable=False, comment="What replaced it: a flow run, or load N"),
    Column("publication", JSONB, nullable=False, comment="Its row of ops.publications"),
    Column("figures", JSONB, nullable=False, comment="Its row of reporting.kpi_daily"),
    schema="ops",
    comment="One row per version of a published date that was replaced since, with the figures that readers saw.",
)

seen_scores = Table(
    "seen_scores",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The published date"),
    Column("known_from", DateTime(timezone=True), primary_key=True, comment="When readers first saw this version, UTC"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("known_until", DateTime(timezone=True), nullable=False, comment="When it was replaced or withdrawn, UTC"),
    Column("run_id", Text, nullable=False, comment="What replaced it: a flow run, or load N"),
    Column("score", JSONB, nullable=False, comment="The customer's row of analytics.predictions"),
    Column("call", JSONB, comment="The customer's row of reporting.action_list; NULL: not on the list"),
    schema="ops",
    comment="One row per customer and replaced version of a published date: the score and the call that readers saw.",
)

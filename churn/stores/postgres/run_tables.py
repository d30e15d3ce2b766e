"""Declares what the pipeline remembers of itself: steps of upgrades, holders of locks, and runs that were complete."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, Table, Text, func

from churn.stores.postgres.metadata import metadata

schema_versions = Table(
    "schema_versions",
    metadata,
    Column("version", Integer, primary_key=True, comment="Number of the step; the first is 1"),
    Column("purpose", Text, nullable=False, comment="What the step did, in one sentence"),
    Column("sha256", Text, nullable=False, comment="Of the step's file"),
    Column("taken_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    schema="ops",
    comment="Ledger: one row per step from the tables of an earlier release to those of this one.",
)

lock_tokens = Table(
    "lock_tokens",
    metadata,
    Column("lock", Text, primary_key=True, comment="pipeline, loads or transforms"),
    Column("token", BigInteger, nullable=False, comment="How often it was taken; only its last holder may write"),
    Column("holder", Text, nullable=False, comment="The process that took it last, and its host"),
    Column("taken_at", DateTime(timezone=True), nullable=False, comment="When, UTC"),
    schema="ops",
    comment="One row per lock of the pipeline: who took it last. Commits of an earlier holder are refused.",
)

finished_runs = Table(
    "finished_runs",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date of the run"),
    Column("inputs_sha256", Text, nullable=False, comment="Of all that could give the next run of this date work"),
    Column("finished_at", DateTime(timezone=True), nullable=False, comment="When, UTC"),
    schema="ops",
    comment="One row per date: its last complete run. While nothing has changed since, the next run ends at once.",
)

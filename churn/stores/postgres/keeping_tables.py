"""Declares the ledgers of what is kept and what is taken back: backups, withdrawn days, forgotten customers."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Identity, Integer, Table, Text, func

from churn.contracts.statuses import ErasureDecision, WithdrawalDecision
from churn.stores.postgres.metadata import keep_append_only, metadata, one_of

backups = Table(
    "backups",
    metadata,
    Column("backup_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("taken_at", DateTime(timezone=True), nullable=False, comment="When the rows were read, UTC"),
    Column("path", Text, nullable=False, comment="Where the file was written; it may have been moved since"),
    Column("sha256", Text, nullable=False, comment="Of the file"),
    Column("bytes", BigInteger, nullable=False, comment="Size of the file"),
    schema="ops",
    comment="Ledger: one row per backup file. Each holds the customers of its time, also those forgotten since.",
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("withdrawal_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("prediction_date", Date, nullable=False, comment="The published date that was withdrawn"),
    Column("decision", Text, nullable=False, comment="withdrawn; or released: a command named it to publish it again"),
    Column("person", Text, nullable=False, comment="Who decided"),
    Column("why", Text, nullable=False, comment="The reason, in words"),
    Column("load_id", BigInteger, nullable=False, comment="The load that its scores came from"),
    Column("model_version", Integer, nullable=False, comment="Version of the model that gave its scores"),
    Column("customers_count", BigInteger, nullable=False, comment="Customers whose scores readers saw until then"),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    CheckConstraint(one_of("decision", WithdrawalDecision), name="withdrawals_decision"),
    schema="ops",
    comment="Ledger: one row per time that a person withdrew a published date, or released it. The last one counts.",
)

erasures = Table(
    "erasures",
    metadata,
    Column("erasure_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("customer_sha256", Text, nullable=False, comment="Of the salt and the customer number, which is not kept"),
    Column("salt", Text, nullable=False, comment="Random; the same in every row of a database"),
    Column("decision", Text, nullable=False, comment="forgotten; or readmitted: the number may be loaded again"),
    Column("person", Text, nullable=False, comment="Who decided"),
    Column("why", Text, nullable=False, comment="The reason, in words"),
    Column("rows_count", BigInteger, nullable=False, comment="Rows that were deleted, in all tables"),
    Column("days_count", BigInteger, nullable=False, comment="Snapshot dates that held the customer"),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    CheckConstraint(one_of("decision", ErasureDecision), name="erasures_decision"),
    schema="ops",
    comment="Ledger: one row per customer who was forgotten, without the number. The last row of a customer counts.",
)

snoozes = Table(
    "snoozes",
    metadata,
    Column("snooze_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("incident_key", Text, nullable=False, comment="The incident, as in ops.incidents"),
    Column("until_date", Date, nullable=False, comment="The last day without a message"),
    Column("person", Text, nullable=False, comment="Who decided"),
    Column("why", Text, nullable=False, comment="The reason"),
    Column("decided_at", DateTime(timezone=True), nullable=False, comment="When, UTC"),
    schema="ops",
    comment="Ledger: one row per decision to send no alert of an incident until a date. The last row of one counts.",
)

keep_append_only(backups)
keep_append_only(erasures)
keep_append_only(withdrawals)
keep_append_only(snoozes)

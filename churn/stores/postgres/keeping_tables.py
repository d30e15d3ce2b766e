"""Declares the ledgers of what is kept: backups."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Table, Text

from churn.stores.postgres.metadata import keep_append_only, metadata

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

keep_append_only(backups)

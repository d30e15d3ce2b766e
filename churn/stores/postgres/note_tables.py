"""Declares the notes of people: what happened on a day, in words, for charts and the page Today."""

from sqlalchemy import Column, Date, DateTime, Identity, Integer, Table, Text, func

from churn.stores.postgres.metadata import keep_append_only, metadata

notes = Table(
    "notes",
    metadata,
    Column("note_id", Integer, Identity(), primary_key=True, comment="The number of the note, in order"),
    Column("on_date", Date, nullable=False, comment="The day on which it happened"),
    Column("text", Text, nullable=False, comment="What happened, in the words of a person"),
    Column("person", Text, nullable=False, comment="Who wrote it down"),
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, in UTC"),
    schema="ops",
    comment="Ledger: one row per note about a day, such as a price rise or an outage.",
)
keep_append_only(notes)

"""Declares how contacts reach other systems and come back: what others insert, and what waits to be posted to them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
)

from churn.stores.postgres.metadata import metadata

INSERTED = (
    "contact_id",
    "event",
    "occurred_at",
    "channel",
    "offer_id_given",
    "cost_usd",
    "stated_reason",
)
"""The columns that a company's own system fills; the pipeline alone writes the others."""

landed_events = Table(
    "contact_events",
    metadata,
    Column("row_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order of arrival"),
    Column("contact_id", Text, nullable=False, comment="The contact, as reporting.contact_list names it"),
    Column("event", Text, nullable=False, comment="What happened, in the words of the product or of the company"),
    # Text: Postgres would read a time without an offset in the time zone of the session, and nobody would notice.
    Column("occurred_at", Text, nullable=False, comment="When, with the offset from UTC: 2026-11-28T14:05:00+01:00"),
    Column("channel", Text, comment="The channel that was really used"),
    Column("offer_id_given", Text, comment="The offer that was really given"),
    Column("cost_usd", Double, comment="What the contact cost, in USD"),
    Column("stated_reason", Text, comment="Why the customer wants to leave, in the words of the customer"),
    Column("inserted_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    Column("inserted_by", Text, nullable=False, server_default=func.session_user(), comment="The user who inserted it"),
    Column("taken_in_at", DateTime(timezone=True), comment="When a run looked at it, UTC; NULL while it waits"),
    Column("refused_why", Text, comment="Why it was set aside; NULL if it was recorded"),
    CheckConstraint(
        r"occurred_at ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$'", name="occurred_at_has_its_offset"
    ),
    Index("landed_events_waiting", "row_id", postgresql_where="taken_in_at IS NULL"),
    schema="landing",
    comment="One row per event that another system inserted. The role churn_crm may insert here and read nothing.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("contact_id", Text, primary_key=True, comment="The contact, and the webhook-id of every attempt"),
    Column("customer_id", Text, nullable=False, comment="The company's own customer number"),
    Column("channel", Text, nullable=False, comment="The channel of the policy file"),
    Column("address", Text, nullable=False, comment="Where it goes; the address of the newest attempt"),
    Column("body", Text, nullable=False, comment="What is posted, the same at every attempt"),
    Column("queued_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="How often it was posted"),
    Column(
        "next_attempt_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="Not before, UTC"
    ),
    Column("answer_code", Integer, comment="HTTP status of the newest answer; NULL without an answer"),
    Column("delivered_at", DateTime(timezone=True), comment="When the receiver took it, UTC; NULL before"),
    Column("gave_up_at", DateTime(timezone=True), comment="When it was given up, UTC; NULL while it may be tried"),
    Index("outbox_waiting", "channel", "next_attempt_at", postgresql_where="delivered_at IS NULL"),
    Index("outbox_customer", "customer_id"),
    schema="ops",
    comment="One row per contact that a webhook delivers: what is posted, and whether it arrived.",
)

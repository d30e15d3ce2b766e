"""Declares the tables of uplift: what was learned and how well it proved itself, and who is better left alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from churn.stores.postgres.metadata import keep_append_only, metadata

uplifts = Table(
    "uplifts",
    metadata,
    Column("uplift_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("campaign_id", Text, nullable=False, comment="The campaign that it was learned from"),
    Column("as_of_date", Date, nullable=False, comment="Snapshot date up to which leavers are known"),
    Column("treated_count", BigInteger, nullable=False, comment="Matured customers of the treatment group"),
    Column("control_count", BigInteger, nullable=False, comment="Matured customers of the control group"),
    Column("gain", Double, nullable=False, comment="Leavers kept for one customer, more than by ranking by the score"),
    Column("gain_low", Double, nullable=False, comment="Lower end of its 95% interval"),
    Column("gain_high", Double, nullable=False, comment="Upper end of its 95% interval"),
    Column("worst_effect", Double, nullable=False, comment="Effect of a contact on leaving in the worst tenth"),
    Column("worst_low", Double, nullable=False, comment="Lower end of its 95% interval"),
    Column("worst_high", Double, nullable=False, comment="Upper end of its 95% interval"),
    Column("beats_risk", Boolean, nullable=False, comment="Whether waves use it: gain_low is above 0"),
    Column("leave_alone_above", Double, comment="Expected effect above which a contact harms; NULL if not proven"),
    Column("model", JSONB, nullable=False, comment="Names of the facts, and the coefficients"),
    Column("learned_at", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="When, UTC"),
    UniqueConstraint("campaign_id", "as_of_date", name="uplifts_once"),
    schema="ops",
    comment="Ledger: one row per campaign and date on which uplift was learned, with its proof.",
)

left_alone = Table(
    "left_alone",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The published date"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("uplift_id", BigInteger, nullable=False, comment="What was learned"),
    Column("expected_effect", Double, nullable=False, comment="What a contact adds to the probability of leaving"),
    schema="ops",
    comment="One row per date of a wave and active customer whom a contact is proven to drive away.",
)

keep_append_only(uplifts)

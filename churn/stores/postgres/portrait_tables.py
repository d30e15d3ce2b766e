"""Declares what is known of customers beside their scores: their segments, and why others left.

No customer is in these tables: the segment of a customer and the likely reason are stored with the score.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from churn.contracts.leaving_reasons import ReasonVerdict
from churn.stores.postgres.metadata import keep_append_only, metadata, one_of

segmentations = Table(
    "segmentations",
    metadata,
    Column("segmentation_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("as_of_date", Date, nullable=False, comment="The date whose active customers it was made from"),
    Column("fitted_at", DateTime(timezone=True), nullable=False, comment="When it was made, UTC"),
    Column("features", ARRAY(Text), nullable=False, comment="What customers are alike in; COLUMN=WORD for a word"),
    Column("means", ARRAY(Double), nullable=False, comment="Mean of each feature"),
    Column("deviations", ARRAY(Double), nullable=False, comment="Standard deviation of each feature"),
    Column("stability", Double, nullable=False, comment="Agreement of random halves, 0 by chance to 1"),
    Column("tried", JSONB, nullable=False, comment="The stability of each number of segments that was tried"),
    schema="ops",
    comment="One row per division of the customers into segments. Scores name the one that gave their segment.",
)

segments = Table(
    "segments",
    metadata,
    Column("segmentation_id", BigInteger, primary_key=True, comment="The segmentation"),
    Column(
        "segment_number", SmallInteger, primary_key=True, comment="Stays the same while a segment is about the same"
    ),
    Column("segment_name", Text, nullable=False, comment="Its strongest features"),
    Column("strongest_features", ARRAY(Text), nullable=False, comment="Five features, the strongest first"),
    Column("customers_count", BigInteger, nullable=False, comment="Of the sample that the segmentation was made from"),
    Column("centre", ARRAY(Double), nullable=False, comment="Mean of each feature, in the order of the segmentation"),
    schema="ops",
    comment="One row per segmentation and segment of customers who are alike.",
)

reason_trainings = Table(
    "reason_trainings",
    metadata,
    Column("training_id", BigInteger, Identity(always=True), primary_key=True, comment="Number, in order"),
    Column("as_of_date", Date, nullable=False, comment="The date up to which leavers are known"),
    Column("trained_at", DateTime(timezone=True), nullable=False, comment="When, UTC"),
    Column("verdict", Text, nullable=False, comment="told, not told, or too few leavers"),
    Column("leavers_count", BigInteger, nullable=False, comment="Leavers who stated a reason"),
    Column("training_fingerprint", Text, nullable=False, comment="Of the leavers, their features and reasons"),
    Column("splits", Integer, comment="Splits on which it was measured; NULL: too few leavers, as all figures then"),
    Column("log_loss", Double, comment="Of the model, on leavers that it had not seen"),
    Column("shares_log_loss", Double, comment="Of the shares of the groups, on the same leavers"),
    Column("gain", Double, comment="How much less the model loses; above 0 is better than the shares"),
    Column("gain_low", Double, comment="Lower end of the 95% interval of the gain"),
    Column("gain_high", Double, comment="Upper end of the same"),
    Column("model_name", Text, comment="Registered model; NULL without one"),
    Column("model_version", Integer, comment="Version of the model"),
    Column("mlflow_run_id", Text, comment="The run of the model in MLflow"),
    Column("model_sha256", Text, comment="Of the model's file"),
    CheckConstraint(one_of("verdict", ReasonVerdict), name="reason_trainings_verdict"),
    schema="ops",
    comment="Ledger: one row per attempt to learn why customers leave.",
)

stated_reasons = Table(
    "stated_reasons",
    metadata,
    Column("training_id", BigInteger, primary_key=True, comment="The row of ops.reason_trainings"),
    Column("reason_group", Text, primary_key=True, comment="The group of the reason, by the declaration"),
    Column("reason", Text, primary_key=True, comment="The reason, in the company's words"),
    Column("leavers_count", BigInteger, nullable=False, comment="Leavers who stated it"),
    schema="ops",
    comment="One row per training and stated reason: how many leavers stated it.",
)
keep_append_only(reason_trainings)

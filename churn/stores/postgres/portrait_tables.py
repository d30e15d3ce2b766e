"""Declares what is known of customers beside their scores: the segments they are divided into.

No customer is in these tables: which segment a customer belongs to is stored with the score.
"""

from sqlalchemy import ARRAY, BigInteger, Column, Date, DateTime, Double, Identity, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from churn.stores.postgres.metadata import metadata

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

"""Declares why the scores of single customers moved."""

from sqlalchemy import ARRAY, Column, Date, Double, Integer, Table, Text

from churn.stores.postgres.metadata import metadata

score_moves = Table(
    "score_moves",
    metadata,
    Column("prediction_date", Date, primary_key=True, comment="The date that was scored"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("days", Integer, primary_key=True, comment="Since how many days before: 1, 7 or 30"),
    Column("earlier_date", Date, nullable=False, comment="The published date that is compared"),
    Column("probability_before", Double, nullable=False, comment="Its score as readers saw it first"),
    Column("probability_after", Double, nullable=False, comment="The score of the date"),
    Column("words", ARRAY(Text), nullable=False, comment="The parts of the move, as reasons say them, largest first"),
    Column("log_odds", ARRAY(Double), nullable=False, comment="What each part adds to the log-odds of leaving"),
    schema="analytics",
    comment="One row per date that was the newest published one, customer and number of days: why the score moved. Of "
    "the customers on the list and those whose tier changed; of others it is computed when somebody asks.",
)

"""Declares the windows of time around an as-of date: which extracts show who left after it, and what was before it."""

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Text

from churn.stores.postgres.metadata import metadata

label_windows = Table(
    "label_windows",
    metadata,
    Column("as_of_date", Date, primary_key=True, comment="The as-of date of the examples"),
    Column("due_date", Date, nullable=False, comment="The end of the horizon"),
    Column("label_date", Date, nullable=False, comment="The extract that shows who left"),
    Column("before_date", Date, nullable=False, comment="The extract before label_date"),
    Column("after_date", Date, comment="The extract after label_date; NULL while there is none"),
    Column("known_on", Date, nullable=False, comment="The extract with which the labels matured"),
    Column("window_days", Integer, nullable=False, comment="The days in which the leavers left"),
    Column("left_by", Text, nullable=False, comment="How leavers are found: mark, date or absence"),
    Column("horizon", Text, nullable=False, comment="The horizon of the labels, such as 30 days"),
    Column("customers_count", BigInteger, nullable=False, comment="Active customers of the as-of date"),
    Column("leavers_count", BigInteger, nullable=False, comment="Customers who left within window_days"),
    Column("by_mark_count", BigInteger, nullable=False, comment="Customers labelled by the mark of an extract"),
    Column("by_date_count", BigInteger, nullable=False, comment="Customers labelled by their leaving date"),
    Column("by_absence_count", BigInteger, nullable=False, comment="Customers labelled by absence from extracts"),
    Column("censored_count", BigInteger, nullable=False, comment="Customers who could not be labelled"),
    Column("inputs_sha256", Text, nullable=False, comment="Of the loads that the labels come from"),
    Column("contacted_count", BigInteger, nullable=False, server_default="0", comment="Left out: contacted meanwhile"),
    Column(
        "involuntary_count", BigInteger, nullable=False, server_default="0", comment="Left out: did not decide to leave"
    ),
    schema="analytics",
    comment="One row per as-of date whose labels have matured, with the counts of its labels.",
)

change_windows = Table(
    "change_windows",
    metadata,
    Column("as_of_date", Date, primary_key=True, comment="The as-of date of the features"),
    Column("earlier_date", Date, nullable=False, comment="The extract nearest to 30 days before, within 7 days"),
    schema="analytics",
    comment="One row per as-of date with an extract of about 30 days before.",
)

history_windows = Table(
    "history_windows",
    metadata,
    Column("as_of_date", Date, primary_key=True, comment="The as-of date of the features"),
    Column("earlier_date", Date, primary_key=True, comment="An extract that they look back on; the date itself too"),
    schema="analytics",
    comment="One row per as-of date and extract up to then, for as many days as over_days of the declaration says.",
)

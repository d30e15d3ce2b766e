"""Declares the tables of raw_data: the ledger of loads, what the source said, and the rows that were rejected.

Money columns are in USD, and timestamps are in UTC. The rows of a date are always replaced as a whole.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSON

from churn.contracts.horizons import LeftBy
from churn.contracts.statuses import LoadStatus, Origin
from churn.stores.postgres.metadata import metadata, one_of

loads = Table(
    "loads",
    metadata,
    Column("load_id", BigInteger, Identity(always=True), primary_key=True, comment="Line of the ledger raw_data.loads"),
    Column("snapshot_date", Date, nullable=False, comment="Business date of the extract"),
    Column("source", Text, nullable=False, comment="Where the file came from"),
    Column("sha256", Text, nullable=False, comment="Of the bytes as they arrived"),
    Column(
        "reading_sha256", Text, nullable=False, comment="Of what decides how they are read: mapping, rules, setting"
    ),
    Column("bytes", BigInteger, nullable=False, comment="Size of the file as it arrived"),
    Column("rows_read", BigInteger, nullable=False, server_default="0", comment="Rows in the file"),
    Column("rows_accepted", BigInteger, nullable=False, server_default="0", comment="Rows that kept the contract"),
    Column(
        "rows_rejected",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="Rows set aside, see raw_data.rejected_rows",
    ),
    Column(
        "monthly_charges_total", Numeric, comment="Sum over accepted rows, USD a month; NULL without a value a month"
    ),
    Column("cells_normalised", BigInteger, nullable=False, server_default="0", comment="Spaces or case put right"),
    Column("status", Text, nullable=False, comment="started, loaded, superseded, refused, interrupted or pruned"),
    Column("reason", Text, comment="Why it was refused or interrupted, or which load superseded it"),
    Column("notes", ARRAY(Text), nullable=False, server_default="{}", comment="Ignored columns, new words, and so on"),
    Column(
        "started_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.now(),
        comment="When it began, UTC",
    ),
    Column("ended_at", DateTime(timezone=True), comment="NULL while it is at work"),
    Column(
        "origin",
        Text,
        nullable=False,
        server_default="real",
        comment="real, or synthetic: every customer comes from the simulator",
    ),
    Column(
        "left_by", Text, nullable=False, server_default="mark", comment="How leavers are found: mark, date or absence"
    ),
    Column(
        "horizon", Text, nullable=False, server_default="30 days", comment="The horizon of the labels, such as 30 days"
    ),
    Column(
        "tolerance_days",
        Integer,
        nullable=False,
        server_default="7",
        comment="How far from the end of the horizon the extract may lie that shows who left",
    ),
    Column(
        "rows_fingerprint",
        Numeric,
        comment="Of the stored rows, to find rows that another program changed; NULL where it was not recorded",
    ),
    Column(
        "rows_forgotten",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="Rows of customers who were forgotten: left out when it was loaded, or deleted since",
    ),
    Column(
        "currency", Text, nullable=False, server_default="USD", comment="The currency of all money, such as USD or CHF"
    ),
    CheckConstraint(one_of("left_by", LeftBy), name="loads_left_by"),
    CheckConstraint(one_of("origin", Origin), name="loads_origin"),
    CheckConstraint(one_of("status", LoadStatus), name="loads_status"),
    Index("loads_one_current", "snapshot_date", unique=True, postgresql_where="status = 'loaded'"),
    schema="raw_data",
    comment="Ledger: one row per file taken in, accepted or not.",
)

telco_churn_raw = Table(
    "telco_churn_raw",
    metadata,
    Column("snapshot_date", Date, primary_key=True, comment="Business date of the extract"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("gender", Text),
    Column("senior_citizen", SmallInteger),
    Column("partner", Text),
    Column("dependents", Text),
    Column("tenure", Integer, comment="Whole months; NULL if the extract has no tenure"),
    Column("phone_service", Text),
    Column("multiple_lines", Text),
    Column("internet_service", Text),
    Column("online_security", Text),
    Column("online_backup", Text),
    Column("device_protection", Text),
    Column("tech_support", Text),
    Column("streaming_tv", Text),
    Column("streaming_movies", Text),
    Column("contract", Text),
    Column("paperless_billing", Text),
    Column("payment_method", Text),
    Column("monthly_charges", Numeric, comment="USD a month; NULL if the extract has no value a month"),
    Column("total_charges", Numeric, comment="USD since joining; NULL where the extract was blank"),
    Column("churn", Text, nullable=False),
    Column("load_id", BigInteger, nullable=False, comment="Line of the ledger raw_data.loads"),
    Column(
        "loaded_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.now(),
        comment="When it was written, UTC",
    ),
    Column("left_on", Date, comment="The leaving date, where the extract has one"),
    schema="raw_data",
    comment="One row per customer per daily snapshot, as the source said it.",
)

telco_churn_reconstructed = telco_churn_raw.to_metadata(metadata, name="telco_churn_reconstructed")
telco_churn_reconstructed.comment = (
    "One row per customer and day before the first snapshot, rewound from it by whole months. No source said it."
)

declared_columns = Table(
    "declared_columns",
    metadata,
    Column("snapshot_date", Date, primary_key=True, comment="Business date of the extract"),
    Column("customer_id", Text, primary_key=True, comment="The company's own customer number"),
    Column("load_id", BigInteger, nullable=False, comment="Line of the ledger raw_data.loads"),
    schema="raw_data",
    comment="One row per customer per daily snapshot: the columns that the company declares, one typed column each.",
)
"""A load adds a column for each declared one that the table does not have yet: see `rows.declared`."""

second_loads = Table(
    "second_loads",
    metadata,
    Column("load_id", BigInteger, primary_key=True, comment="The load of the extract (raw_data.loads)"),
    Column("source_name", Text, primary_key=True, comment="The declared source, such as usage"),
    Column("source", Text, nullable=False, comment="Where the file came from"),
    Column("sha256", Text, nullable=False, comment="Of the bytes as they arrived"),
    Column("rows_read", BigInteger, nullable=False, comment="Rows in the file, one per customer"),
    Column("rows_matched", BigInteger, nullable=False, comment="Rows of customers of the extract"),
    schema="raw_data",
    comment="Ledger: one row per second file that was joined to an extract, such as usage or tickets.",
)

rejected_rows = Table(
    "rejected_rows",
    metadata,
    Column("load_id", BigInteger, primary_key=True, comment="Line of the ledger raw_data.loads"),
    Column("row_number", BigInteger, primary_key=True, comment="Line in the file, the header being 1"),
    Column("reasons", ARRAY(Text), nullable=False, comment="Every rule the row broke"),
    Column("row", JSON, nullable=False, comment="The row as it arrived, its columns in their order"),
    schema="raw_data",
    comment="Rows set aside by a load, each with every rule it broke.",
)

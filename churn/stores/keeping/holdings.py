"""Every table that holds a customer's number, how a customer is found in it, and how long its rows are kept.

A test fails for a table with a customer's number that is not listed here, so that nobody adds one that a forgotten
customer would stay in. A backup holds every table, because it dumps whole databases.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

Kind = Literal["raw", "features", "scores", "rejects"]
"""The kinds of rows that `[keep]` of the policy file gives a number of days."""


@dataclass(frozen=True)
class Holding:
    """How a table holds customers.

    Attributes:
        kind: the kind of `[keep]` that prunes its rows; None for rows that are never pruned.
        day: the column with the date of a row; empty where the rows have none of their own.
    """

    kind: Kind | None
    day: str = ""


DECLARED = {
    "raw_data.telco_churn_raw": Holding("raw", "snapshot_date"),
    "raw_data.telco_churn_reconstructed": Holding("raw", "snapshot_date"),
    "raw_data.declared_columns": Holding("raw", "snapshot_date"),
    "raw_data.rejected_rows": Holding("rejects"),
    "analytics.predictions": Holding("scores", "prediction_date"),
    "analytics.score_moves": Holding("scores", "prediction_date"),
    "ops.seen_scores": Holding("scores", "prediction_date"),
    "ops.left_alone": Holding("scores", "prediction_date"),
    # The proofs of campaigns, and who wants to be left alone: only an erasure deletes these rows.
    "ops.assignments": Holding(None),
    "ops.contacts": Holding(None),
    "ops.contact_events": Holding(None),
    "ops.suppressions": Holding(None),
    "ops.outbox": Holding(None),
    "landing.contact_events": Holding(None),
}
"""The tables that Python declares."""

MODELLED = {
    "staging.stg_telco_churn": Holding("features", "snapshot_date"),
    "analytics.fct_customer_features": Holding("features", "as_of_date"),
    "analytics.customer_risk": Holding("scores", "prediction_date"),
}
"""The tables of SQL models. Each has a table for every version, found in Postgres' catalogue (`find_versions`)."""

FIND_VERSIONS = """
    SELECT format('%I.%I', schemas.nspname, tables.relname)
    FROM pg_class AS tables
    JOIN pg_namespace AS schemas ON schemas.oid = tables.relnamespace
    JOIN pg_attribute AS columns ON columns.attrelid = tables.oid AND columns.attname = 'customer_id'
    WHERE tables.relkind IN ('r', 'p') AND schemas.nspname LIKE 'sqlmesh\\_\\_%' AND NOT columns.attisdropped
"""
"""The tables of all versions of all SQL models, also of replaced ones, that have a customer's number."""


def list_tables(connection: Connection) -> list[str]:
    """Returns every table that may hold customers, with each version of the SQL models."""
    return [*DECLARED, *connection.scalars(text(FIND_VERSIONS))]

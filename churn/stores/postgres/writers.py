"""The role `churn_writer`, for the pipeline. It owns the tables of the SQL models, but no table that Python declares.

The role adds, replaces and deletes rows; in the ledger of promotions it can only add rows. It cannot drop or alter the
tables that Python declares, cannot create roles, and cannot read other databases. roles.sql creates it, and the owner
of the tables grants it its rights with `churn db setup`.
"""

from sqlalchemy import Connection, text

from churn.stores.postgres import tables

WRITER = "churn_writer"
MODEL_SCHEMAS = ("staging", "analytics", "reporting")
"""The schemas in which SQLMesh creates the views of its models."""
_APPEND_ONLY = (
    *("promotions", "campaign_events", "readings", "uplifts", "reason_trainings"),
    *("backups", "withdrawals", "erasures", "notes"),
)


def ensure_writer(connection: Connection) -> bool:
    """Grants the role its rights on the tables of this connection's user. Returns whether the role exists."""
    if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": WRITER}):
        return False
    for schema in tables.SCHEMAS:
        rights = "USAGE, CREATE" if schema in MODEL_SCHEMAS else "USAGE"
        connection.execute(text(f"GRANT {rights} ON SCHEMA {schema} TO {WRITER}"))
    for table in tables.metadata.sorted_tables:
        # Append-only: nobody who runs the pipeline can rewrite who promoted a model and why.
        rights = "SELECT, INSERT" if table.name in _APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"GRANT {rights} ON {table.fullname} TO {WRITER}"))
    return True

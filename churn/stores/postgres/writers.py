"""Who may write: the role `churn_writer`, the pipeline, which owns what SQLMesh makes and nothing that Python declares.

It adds, replaces and deletes rows, except in the ledger of promotions, to which it only adds. It can drop or alter none
of those tables, make no role, and read nothing outside this database. Made by roles.sql; given its rights by the owner
of the tables, each time `churn db setup` runs.
"""

from sqlalchemy import Connection, text

from churn.stores.postgres import tables

WRITER = "churn_writer"
MODEL_SCHEMAS = ("staging", "analytics", "reporting")
"""Where SQLMesh makes the views of its models."""


def ensure_writer(connection: Connection) -> bool:
    """Gives the role its rights on the tables of this connection's user; returns whether there is such a role."""
    if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": WRITER}):
        return False
    for schema in tables.SCHEMAS:
        rights = "USAGE, CREATE" if schema in MODEL_SCHEMAS else "USAGE"
        connection.execute(text(f"GRANT {rights} ON SCHEMA {schema} TO {WRITER}"))
    for table in tables.metadata.sorted_tables:
        rights = "SELECT, INSERT" if table is tables.promotions else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"GRANT {rights} ON {table.fullname} TO {WRITER}"))
    return True

"""Stores the columns that a company declares: one typed column each, in a table beside the core columns."""

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy import Connection

from churn.contracts.declaration import Declaration
from churn.errors import ContractBroken
from churn.stores.postgres.copying import driver
from churn.stores.postgres.tables import declared_columns

_KEYS = [column.name for column in declared_columns.columns]


def prepare_columns(connection: Connection, declaration: Declaration) -> None:
    """Adds a column for each declared one that the table does not have yet, within the caller's transaction.

    Raises:
        ContractBroken: a stored column has another type than the declared one. No column was added.
    """
    present = read_columns(connection)
    for column in declaration.stored:
        if column.name in present and present[column.name] != column.sql_type.lower():
            raise ContractBroken(
                f"The declared column {column.name} is a {column.type}, but the stored days have it as "
                f"{present[column.name]}.",
                f"declare it under another name, such as {column.name}_2; the stored days keep what they have.",
            )
    for column in declaration.stored:
        # A loop of its own: a type that is refused must not leave half of the new columns in the table.
        if column.name not in present:
            driver(connection).execute(
                # A company chose the name, and a parameter cannot be a name. psycopg quotes it, so that it never
                # becomes SQL.
                sql.SQL("ALTER TABLE raw_data.declared_columns ADD COLUMN {} {}").format(
                    sql.Identifier(column.name),
                    sql.SQL(column.sql_type),
                )
            )


def read_columns(connection: Connection) -> dict[str, str]:
    """Returns the stored declared columns and their types, as Postgres writes them."""
    query = sa.text("""
        SELECT column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'raw_data' AND table_name = 'declared_columns' ORDER BY ordinal_position
    """)
    return {name: kind for name, kind in connection.execute(query) if name not in _KEYS}

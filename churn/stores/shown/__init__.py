"""Reads the published rows for pages, exports and reports."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]
"""A row of a SQL view by its column names. The SELECT in this room is its only definition, and pages only read it."""


def read_rows(connection: Connection, query: str, **parameters: Any) -> list[Row]:
    """Returns the rows of a query, in its order.

    Args:
        connection: the connection of a reader.
        query: SQL with :name for each parameter.
        parameters: by name.
    """
    # dict: the cache of the pages pickles the rows, and SQLAlchemy's RowMapping is only a view of a row.
    return [dict(row) for row in connection.execute(text(query), parameters).mappings()]

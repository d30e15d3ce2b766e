"""Descriptions of tables and columns, for the data dictionary."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql

from churn.stores.postgres.tables import metadata


@dataclass(frozen=True)
class ColumnNote:
    """One column. `meaning` is empty if the column has no comment."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class TableNote:
    """One table or view.

    Attributes:
        name: the schema and the name, as in reporting.kpi_daily.
        meaning: the comment of the table.
        grain: the columns that identify a row.
        written_by: Python, or the kind of the SQL model.
        columns: the columns in their order.
    """

    name: str
    meaning: str
    grain: tuple[str, ...]
    written_by: str
    columns: tuple[ColumnNote, ...]


def describe_tables() -> list[TableNote]:
    """Returns the tables that Python writes, in the order in which they are declared."""
    return [_describe(table) for table in metadata.tables.values()]


def _describe(table: Any) -> TableNote:
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    columns = (ColumnNote(column.name, column.type.compile(dialect), column.comment or "") for column in table.columns)
    return TableNote(
        table.fullname, table.comment or "", tuple(key.name for key in table.primary_key), "Python", tuple(columns)
    )

"""Rows in by COPY, rows out as Arrow, batch by batch."""

import io
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import polars as pl
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, Table, text

from churn.stores.postgres.database import libpq_parts

Item = TypeVar("Item")


def copy_in(connection: Connection, table: Table, rows: pl.DataFrame) -> None:
    """Appends rows by COPY within the connection's transaction.

    Column names of the frame name the table's columns. NULL and the empty string are kept apart.
    """
    buffer = io.BytesIO()
    rows.with_columns(_as_array_literal(name) for name in rows.columns if rows[name].dtype == pl.List).write_csv(
        buffer, include_header=False, quote_style="non_numeric", datetime_format="%Y-%m-%dT%H:%M:%S%.6f%:z"
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(str(table.schema), table.name), columns
    )
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())


def _as_array_literal(name: str) -> pl.Expr:
    """A list of strings as Postgres writes an array: {"a","b"}, quotes and backslashes escaped."""
    quoted = pl.format('"{}"', pl.element().str.replace_all(r'(["\\])', r"\$1"))
    return pl.concat_str(pl.lit("{"), pl.col(name).list.eval(quoted).list.join(","), pl.lit("}")).alias(name)


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """The psycopg connection behind a SQLAlchemy one, for what only libpq can do."""
    connection.execute(text("SELECT 1"))  # opens the transaction SQLAlchemy will commit
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def read_batches(engine: Engine, query: str, parameters: Sequence[Any] = ()) -> Iterator[pl.DataFrame]:
    """Yields a query's rows as Polars frames of bounded size, straight from Postgres' binary COPY.

    At least one is yielded, so that the columns are known; it is empty only when there are no rows.

    Args:
        query: SQL with $1, $2, ... for the parameters.
        parameters: dates, numbers or strings.
    """
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(make_conninfo(**libpq_parts(engine.url))) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {engine.get_execution_options()['statement_timeout_ms']}")
        cursor.execute(_written_out(query, parameters))
        batches = cursor.fetch_record_batch()
        rows = 0
        for batch in batches:
            rows += batch.num_rows
            yield pl.DataFrame(pl.from_arrow(batch))
        if not rows:
            yield pl.DataFrame(pl.from_arrow(batches.schema.empty_table()))


def _written_out(query: str, parameters: Sequence[Any]) -> str:
    """The query with its parameters as literals: given them apart, the driver reads all rows into one batch."""
    literals = [sql.Literal(parameter).as_string(None) for parameter in parameters]
    return re.sub(r"\$(\d+)", lambda found: literals[int(found[1]) - 1], query)


def run_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yields items of which a thread of its own makes the next meanwhile: one waits for Postgres, another computes.

    An error of the thread is raised here. At most one item is ready and not taken yet, so that memory is bounded.
    """
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="run-ahead") as thread:
        coming = thread.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, items, end)
            yield item

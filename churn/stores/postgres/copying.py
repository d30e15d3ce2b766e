"""Writes rows to Postgres with COPY, and reads rows as Arrow batches."""

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
    """Appends rows with COPY, within the transaction of the connection.

    The columns of the frame have the names of the table's columns. NULL and the empty string stay different.
    """
    buffer = io.BytesIO()
    # In COPY's CSV format an unquoted empty field is NULL and "" is the empty string. With quote_style="non_numeric"
    # Polars writes exactly these two.
    rows.with_columns(_as_array_literal(name) for name in rows.columns if rows[name].dtype == pl.List).write_csv(
        buffer, include_header=False, quote_style="non_numeric", datetime_format="%Y-%m-%dT%H:%M:%S%.6f%:z"
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(
        sql.Identifier(str(table.schema), table.name), columns
    )
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        # getbuffer, not getvalue: it does not copy a batch of tens of megabytes.
        copy.write(buffer.getbuffer())


def _as_array_literal(name: str) -> pl.Expr:
    """Returns a list as an array literal of Postgres: {"a","b"}, with quotes and backslashes escaped."""
    # Both signs in one pass: escaped one after the other, the second pass would escape the signs of the first.
    quoted = pl.format('"{}"', pl.element().cast(pl.String).str.replace_all(r'(["\\])', r"\$1"))
    return pl.concat_str(pl.lit("{"), pl.col(name).list.eval(quoted).list.join(","), pl.lit("}")).alias(name)


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """Returns the psycopg connection of a SQLAlchemy connection, for calls that SQLAlchemy does not have."""
    connection.execute(text("SELECT 1"))  # Opens the transaction that SQLAlchemy commits.
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def read_batches(engine: Engine, query: str, parameters: Sequence[Any] = ()) -> Iterator[pl.DataFrame]:
    """Yields the rows of a query as Polars frames of bounded size, read with Postgres' binary COPY.

    The function always yields at least one frame, so that callers know the columns. A query without rows yields one
    empty frame.

    Args:
        engine: the engine of the database.
        query: SQL with $1, $2, ... for the parameters.
        parameters: dates, numbers or strings.
    """
    import adbc_driver_postgresql.dbapi as adbc

    with (
        adbc.connect(make_conninfo(**libpq_parts(engine.url) | {"client_encoding": "UTF8"})) as connection,
        connection.cursor() as cursor,
    ):
        # This connection is none of the engine, whose sessions have the limit already.
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
    """Returns the query with its parameters as literals: with bound ones the driver reads all rows into one batch."""
    literals = [sql.Literal(parameter).as_string(None) for parameter in parameters]
    return re.sub(r"\$(\d+)", lambda match: literals[int(match[1]) - 1], query)


def run_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yields the items while a thread already makes the next one: it waits for Postgres while the caller computes.

    An error in the thread is raised in the caller. At most one item is waiting, so that memory is bounded.
    """
    # A generator must run in one thread only. From here on `items` belongs to the thread of this executor.
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="run-ahead") as thread:
        # `end` is the default of next(): a StopIteration raised in a generator would become a RuntimeError (PEP 479).
        coming = thread.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, items, end)
            yield item

"""Reaching Postgres: address, engine, locks, rows in by COPY, rows out as Arrow.

Knows nothing of customers or scores; `warehouse` does.
"""

import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import polars as pl
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, Table, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import Busy, Unavailable, WrongUsage
from churn.settings import Settings
from churn.stores.postgres import embedded, tables

Item = TypeVar("Item")


class Lock(StrEnum):
    """What only one process may do at a time on one database."""

    PIPELINE = "pipeline"
    LOADS = "loads"
    TRANSFORMS = "transforms"


def locate(settings: Settings) -> str:
    """Returns the libpq address of the database, starting the embedded server when it is the one in use.

    Raises:
        WrongUsage: CHURN_DATABASE_URL is not a Postgres address.
        Unavailable: the embedded server did not start, or does not answer.
    """
    if settings.database_url is None:
        uri = embedded.start_embedded(settings.home_dir)
        with _told_when_silent(uri):
            create_database_if_missing(uri, embedded.DATABASE)
        return uri
    scheme, _, rest = settings.database_url.get_secret_value().partition("://")
    if scheme.split("+")[0] not in ("postgresql", "postgres") or not rest:
        raise WrongUsage(
            "CHURN_DATABASE_URL is not a Postgres address.", "set it to postgresql://user:password@host:5432/database."
        )
    return f"postgresql://{rest}"


def without_password(uri: str) -> str:
    """Returns the address as it may be shown."""
    return str(make_url(uri).render_as_string(hide_password=True)) if urlsplit(uri).password else uri


def apart_from_password(uri: str) -> tuple[str, dict[str, str]]:
    """Returns what libpq connects to, read as the engine reads the address, and the environment with the password.

    A process list shows a command line to everybody on the machine, an environment to its owner.
    """
    parts = _libpq_parts(make_url(uri))
    password = parts.pop("password", None)
    return make_conninfo(**parts), {"PGPASSWORD": password} if password else {}


def _libpq_parts(url: URL) -> dict[str, Any]:
    """What the engine gives libpq. An address that SQLAlchemy writes is none for libpq: its spaces are plus signs."""
    url = url.set(drivername="postgresql+psycopg")
    _, parts = url.get_dialect()().create_connect_args(url)
    return dict(parts)


@lru_cache(maxsize=4)
def _engine(uri: str, statement_timeout_ms: int) -> Engine:
    url = make_url(uri).set(drivername="postgresql+psycopg")
    options = f"-c statement_timeout={statement_timeout_ms} -c timezone=UTC"
    return create_engine(
        url,
        pool_size=2,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 10, "application_name": "churn"},
        execution_options={"statement_timeout_ms": statement_timeout_ms},
    )


def open_engine(settings: Settings) -> Engine:
    """Returns an engine on a database that has every table of `tables`.

    Raises:
        Unavailable: the database did not answer; the message shows its address without the password.
    """
    timeout_ms = int(timedelta(minutes=settings.statement_timeout_minutes).total_seconds() * 1000)
    uri = locate(settings)
    with _told_when_silent(uri):
        engine = _engine(uri, timeout_ms)
        _create_tables_once(engine)
    return engine


@contextmanager
def _told_when_silent(uri: str) -> Iterator[None]:
    """Turns a lost or refused connection into Unavailable; the message shows the address without the password."""
    try:
        yield
    except (psycopg.OperationalError, _operational_error()) as error:
        raise Unavailable(
            f"The database at {without_password(uri)} did not answer: {str(error).strip().splitlines()[0]}",
            "check that it runs and that CHURN_DATABASE_URL is right; `churn doctor` shows what is configured.",
        ) from error


def ask_alive(engine: Engine) -> None:
    """Asks the database for a word.

    Raises:
        Unavailable: it gave none.
    """
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise Unavailable("The database does not answer.", "check that it runs.") from error


def _operational_error() -> type[Exception]:
    from sqlalchemy.exc import OperationalError

    return OperationalError


def create_database_if_missing(uri: str, name: str) -> None:
    """Creates a database on the server of `uri`, connecting through its `postgres` database."""
    maintenance = _libpq_parts(make_url(uri).set(database="postgres"))
    with psycopg.connect(**maintenance, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


@lru_cache(maxsize=4)
def _create_tables_once(engine: Engine) -> None:
    inspector = inspect(engine)
    there = {f"{schema}.{name}" for schema in tables.SCHEMAS for name in inspector.get_table_names(schema)}
    if there.issuperset(tables.metadata.tables):
        return
    with engine.begin() as connection:
        for schema in tables.SCHEMAS:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        tables.metadata.create_all(connection)


@contextmanager
def hold_lock(engine: Engine, lock: Lock, wait: bool = False) -> Iterator[Callable[[], bool]]:
    """Holds an advisory lock for the block; it ends with the process, however that ends.

    Yields:
        What tells whether it is still held: a server that restarts takes it along.

    Raises:
        Busy: another process holds it and `wait` is False.
    """
    key = zlib.crc32(f"churn.{lock}".encode())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if wait:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        elif not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise Busy(
                f"Another {lock} run is at work on this database.",
                "wait for it to end; its connection is listed in pg_locks with locktype 'advisory'.",
            )

        def is_held() -> bool:
            try:
                connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
            return True

        try:
            yield is_held
        finally:
            if is_held():
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


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

    with adbc.connect(make_conninfo(**_libpq_parts(engine.url))) as connection, connection.cursor() as cursor:
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

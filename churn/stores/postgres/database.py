"""Reaching Postgres: its address, an engine on it. Knows nothing of customers or scores."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import Unavailable, WrongUsage
from churn.settings import Settings
from churn.stores.postgres import embedded, migrating, tables


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
    parts = libpq_parts(make_url(uri))
    password = parts.pop("password", None)
    return make_conninfo(**parts), {"PGPASSWORD": password} if password else {}


def libpq_parts(url: URL) -> dict[str, Any]:
    """Returns what the engine gives libpq, which cannot read an address of SQLAlchemy: its spaces are plus signs."""
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

    A new database is given them. An older embedded one is upgraded; an older one of a team's is not.

    Raises:
        OutdatedDatabase: a team's database is of an earlier release.
        NewerDatabase: the database is of a later one.
        Unavailable: the database did not answer; the message shows its address without the password.
    """
    with _connecting(settings) as engine:
        # The embedded database is this program's own; a team's is changed by its owner, who is asked first.
        _prepare_once(engine, may_upgrade=settings.database_url is None)
    return engine


@contextmanager
def _connecting(settings: Settings) -> Iterator[Engine]:
    """Yields an engine on a database whose tables may be missing or old; a silent database becomes Unavailable."""
    timeout_ms = int(timedelta(minutes=settings.statement_timeout_minutes).total_seconds() * 1000)
    uri = locate(settings)
    with _told_when_silent(uri):
        yield _engine(uri, timeout_ms)


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
    maintenance = libpq_parts(make_url(uri).set(database="postgres"))
    with psycopg.connect(**maintenance, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


@lru_cache(maxsize=4)
def _prepare_once(engine: Engine, may_upgrade: bool) -> None:
    _prepare(engine, may_upgrade)


def _prepare(engine: Engine, may_upgrade: bool) -> None:
    """Makes the tables of a new database; takes the steps that an older one has not taken, where that is allowed."""
    with engine.begin() as connection:
        if migrating.is_empty(connection):
            _create_tables(connection)
            migrating.record_steps(connection, migrating.list_migrations())
            return
        if not (pending := migrating.find_pending(connection)):
            return
        if not may_upgrade:
            raise migrating.OutdatedDatabase(pending)
        _create_tables(connection)  # Those that this release added; a step may fill them.
        migrating.take_steps(connection, pending)


def _create_tables(connection: Connection) -> None:
    for schema in tables.SCHEMAS:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    tables.metadata.create_all(connection)


def find_pending(settings: Settings) -> list[migrating.Migration]:
    """Returns the steps that the database has not taken; none of a new one.

    Raises:
        Unavailable: the database did not answer.
        NewerDatabase: it is of a later release.
    """
    with _connecting(settings) as engine, engine.connect() as connection:
        return [] if migrating.is_empty(connection) else migrating.find_pending(connection)


def upgrade(settings: Settings) -> list[migrating.Migration]:
    """Takes the steps that the database has not taken, all or none; returns them. The user must own the tables."""
    pending = find_pending(settings)
    with _connecting(settings) as engine:
        _prepare(engine, may_upgrade=True)
    return pending

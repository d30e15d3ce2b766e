"""Connects to Postgres: its address, its engine, and the creation and upgrade of its tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from churn.errors import DiskFull, Unavailable, WrongUsage, understand_database
from churn.secrecy import without_login
from churn.settings import Settings
from churn.stores.postgres import embedded, migrating, tables

KEEPALIVES = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}
"""A firewall drops a connection that is quiet for some minutes, and a run is quiet while it trains."""


def locate(settings: Settings) -> str:
    """Returns the libpq address of the database, starting the embedded server when it is the one in use.

    Raises:
        WrongUsage: CHURN_DATABASE_URL is not a Postgres address.
        Unavailable: the embedded server did not start or does not answer.
    """
    if settings.database_url is None:
        uri = embedded.start_embedded(settings.home_dir)
        with _raises_unavailable(settings, uri):
            create_database_if_missing(uri, embedded.DATABASE)
        return uri
    scheme, _, rest = settings.database_url.get_secret_value().partition("://")
    if scheme.split("+")[0] not in ("postgresql", "postgres") or not rest:
        raise WrongUsage(
            "CHURN_DATABASE_URL is not a Postgres address.", "set it to postgresql://user:password@host:5432/database."
        )
    return f"postgresql://{rest}"


def apart_from_password(uri: str) -> tuple[str, dict[str, str]]:
    """Returns a libpq connection string without the password, and environment variables with the password.

    On a shared machine every user can read the command lines of all processes, but only the owner their environment.
    """
    parts = libpq_parts(make_url(uri))
    password = parts.pop("password", None)
    return make_conninfo(**parts), {"PGPASSWORD": password} if password else {}


def libpq_parts(url: URL) -> dict[str, str]:
    """Returns the parts of an address for libpq, which cannot read SQLAlchemy's form: that has + for a space."""
    url = url.set(drivername="postgresql+psycopg")
    _, parts = url.get_dialect()().create_connect_args(url)
    return {name: str(value) for name, value in parts.items()}


# One engine for a database in this process, whoever opens it: a lock fences the commits of the engine that holds it.
@lru_cache(maxsize=4)
def _engine(uri: str, statement_timeout_ms: int) -> Engine:
    url = make_url(uri).set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        pool_size=2,
        pool_pre_ping=True,  # A server that was restarted between two steps of a run would fail the second one.
        # client_encoding: otherwise PGCLIENTENCODING decides how names are written, without an error.
        connect_args=KEEPALIVES | {"connect_timeout": 10, "application_name": "churn", "client_encoding": "UTF8"},
        execution_options={"statement_timeout_ms": statement_timeout_ms},
    )
    set_in_sessions(engine, statement_timeout=str(statement_timeout_ms), timezone="UTC")
    return engine


def set_in_sessions(engine: Engine, **options: str) -> None:
    """Sets options of Postgres in each new session of an engine.

    They are set after connecting: a pooler in session mode refuses options in the request to connect, or drops them.
    """

    def set_options(connection: Any, record: Any) -> None:
        # Outside a transaction: a rollback of the transaction would undo the options.
        connection.autocommit = True
        names = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS given(name, value)"
        connection.execute(names, [list(options), list(options.values())])
        connection.autocommit = False

    event.listen(engine, "connect", set_options)


def open_engine(settings: Settings) -> Engine:
    """Returns an engine for a database that has every table of `tables`.

    In a new database the tables are created. An embedded database of an earlier release is upgraded. A team's database
    is not upgraded: its owner decides when.

    Raises:
        OutdatedDatabase: the tables of a team's database are from an earlier release.
        NewerDatabase: the tables of the database are from a later release.
        Unavailable: the database did not answer; the message shows its address without the password.
    """
    with _connecting(settings) as engine:
        # Only this program uses the embedded database. The owner of a team's database runs `churn db upgrade`.
        _prepare(engine, may_upgrade=settings.database_url is None)
    return engine


@contextmanager
def _connecting(settings: Settings) -> Iterator[Engine]:
    """Yields an engine for a database whose tables may be missing or old; raises Unavailable if it does not answer."""
    timeout_ms = int(timedelta(minutes=settings.statement_timeout_minutes).total_seconds() * 1000)
    uri = locate(settings)
    with _raises_unavailable(settings, uri):
        yield _engine(uri, timeout_ms)


@contextmanager
def _raises_unavailable(settings: Settings, uri: str) -> Iterator[None]:
    """Turns a lost connection into Unavailable or DiskFull, and a refusal into AccessRefused.

    The message has the address without its password.
    """
    try:
        yield
    except (psycopg.Error, SQLAlchemyError) as error:
        if (refusal := understand_database(error)) is not None:
            raise refusal from error
        if not isinstance(error, psycopg.OperationalError | OperationalError):
            raise
        raise find_full_disk(settings) or Unavailable(
            f"The database at {without_login(uri)} did not answer: {str(error).strip().splitlines()[0]}",
            "start it, or correct CHURN_DATABASE_URL; `churn doctor` shows what is configured.",
        ) from error


def find_full_disk(settings: Settings) -> DiskFull | None:
    """Returns the error of an embedded database whose disk is full, after it was lost; None for a team's database."""
    return embedded.find_full_disk(settings.home_dir) if settings.database_url is None else None


def ask_alive(engine: Engine) -> None:
    """Checks that the database answers a query.

    Raises:
        Unavailable: it does not answer.
    """
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise Unavailable("The database does not answer.", "start it; `churn doctor` shows its address.") from error


def create_database_if_missing(uri: str, name: str) -> None:
    """Creates a database on the server of `uri` if it does not exist."""
    # CREATE DATABASE needs a connection to some other database, and cannot run in a transaction (hence autocommit).
    maintenance = libpq_parts(make_url(uri).set(database="postgres"))
    with psycopg.connect(make_conninfo(**maintenance), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _prepare(engine: Engine, may_upgrade: bool) -> None:
    """Creates the tables of a new database; runs the pending migrations of an older one, if that is allowed."""
    with engine.begin() as connection:
        if migrating.is_empty(connection):
            _check_encoding(connection)
            _create_tables(connection)
            migrating.record_steps(connection, migrating.list_migrations())
            return
        if not (pending := migrating.find_pending(connection)):
            return
        if not may_upgrade:
            raise migrating.OutdatedDatabase(pending)
        _create_tables(connection)  # The tables that are new in this release: a migration may fill them.
        migrating.take_steps(connection, pending)
        migrating.take_steps(connection, migrating.restore_checks(connection))


def _check_encoding(connection: Connection) -> None:
    """Refuses a new database that cannot keep every name; a database that is in use stays in use."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise WrongUsage(
            f"The database of CHURN_DATABASE_URL has the encoding {encoding}, and names need UTF8.",
            "create a database with CREATE DATABASE churn ENCODING 'UTF8' TEMPLATE template0, and give its address.",
        )


def _create_tables(connection: Connection) -> None:
    for schema in tables.SCHEMAS:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    tables.metadata.create_all(connection)


def find_pending(settings: Settings) -> list[migrating.Migration]:
    """Returns the pending migrations of the database; a new database has none.

    Raises:
        Unavailable: the database did not answer.
        NewerDatabase: the tables are from a later release.
    """
    with _connecting(settings) as engine, engine.connect() as connection:
        return [] if migrating.is_empty(connection) else migrating.find_pending(connection)


def upgrade(settings: Settings) -> list[migrating.Migration]:
    """Runs the pending migrations, all or none, and returns them. The user must own the tables."""
    pending = find_pending(settings)
    with _connecting(settings) as engine:
        _prepare(engine, may_upgrade=True)
    return pending

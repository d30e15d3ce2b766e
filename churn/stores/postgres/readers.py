"""Who may read: the role `churn_reader`, a group that sees `reporting` and `analytics` and nothing else.

A role belongs to the whole server, not to one database, and making one takes a right that a team's Postgres may not
give. So it is made where that is allowed, used where it is there, and asked for where neither is the case.

    GRANT churn_reader TO ana;    -- from then on Ana reads, whatever a model change drops and makes anew
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from churn.errors import NotThere, Unavailable
from churn.settings import Settings
from churn.stores.postgres.database import locate, without_password

READER = "churn_reader"
READABLE = ("reporting", "analytics")

STATEMENT_TIMEOUT_MS = 20_000
"""A page that waits longer has lost its reader."""

_log = logging.getLogger(__name__)


def ensure_reader(connection: Connection) -> bool:
    """Gives the role its rights, making the role where it is missing and may be made. Does nothing the second time.

    Tables and views made later are covered by default privileges: a changed model drops its view with every grant on
    it, and the new view has them from its first moment.

    Returns:
        Whether the role is there and can read.
    """
    if _can_read(connection):
        return True
    if not _exists(connection) and not _may_create(connection):
        _log.warning(
            "There is no role %s and this user may not make one; nobody else can read until an administrator runs "
            "CREATE ROLE %s NOLOGIN; the next run gives it its rights.",
            READER,
            READER,
        )
        return False
    if not _exists(connection):
        connection.execute(text(f"CREATE ROLE {READER} NOLOGIN"))
    for schema in READABLE:
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {READER}"))
    return True


def _exists(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": READER}))


def _may_create(connection: Connection) -> bool:
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(query)))


def _can_read(connection: Connection) -> bool:
    """Whether every readable schema has default privileges for the role, the last thing that is given."""
    query = """
        SELECT count(*) FROM pg_default_acl AS given
        JOIN pg_namespace AS schema ON schema.oid = given.defaclnamespace
        WHERE schema.nspname = ANY(:schemas) AND given.defaclobjtype = 'r'
          AND given.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
          AND EXISTS (
            SELECT 1 FROM aclexplode(given.defaclacl) AS acl
            JOIN pg_roles AS role ON role.oid = acl.grantee
            WHERE role.rolname = :name AND acl.privilege_type = 'SELECT'
          )
    """
    return connection.scalar(text(query), {"schemas": list(READABLE), "name": READER}) == len(READABLE)


@contextmanager
def reading(settings: Settings) -> Iterator[Connection]:
    """A connection that sees what `churn_reader` sees and can change nothing.

    Where the role is missing, or the user of the address may not take it, the connection keeps the user's own sight.

    Raises:
        Unavailable: the database did not answer; the message shows its address without the password.
        NotThere: nothing was run on it yet.
    """
    uri = ""
    try:
        uri = _locate_once(settings)
        with _reading_engine(uri).connect() as connection:
            yield connection
    except (psycopg.OperationalError, OperationalError) as error:
        _locate_once.cache_clear()  # An embedded server that was stopped is started by the next reader.
        raise Unavailable(
            f"The database at {without_password(uri)} did not answer: {str(error).strip().splitlines()[0]}",
            "check that it runs and that CHURN_DATABASE_URL is right; `churn doctor` shows what is configured.",
        ) from error
    except ProgrammingError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            next_step = f"run `churn run --source FILE`; if it was, have an administrator GRANT {READER} TO the user."
            raise NotThere("Nothing was run on this database that this user may read.", next_step) from error
        if not isinstance(error.orig, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
            raise
        raise NotThere("Nothing was run on this database yet.", "run `churn run --source FILE`.") from error


@lru_cache(maxsize=4)
def _locate_once(settings: Settings) -> str:
    return locate(settings)


@lru_cache(maxsize=4)
def _reading_engine(uri: str) -> Engine:
    """Pages are read by many people at once, each for some milliseconds."""
    # Compiling a query takes longer than any of these takes to run.
    limits = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    options = f"{limits} -c timezone=UTC -c jit=off"
    engine = create_engine(
        make_url(uri).set(drivername="postgresql+psycopg"),
        pool_size=4,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "churn pages"},
    )
    event.listen(engine, "connect", _become_reader)
    return engine


def _become_reader(connection: Any, record: Any) -> None:
    """Takes the role for the whole session: outside a transaction, whose end would give it back."""
    allowed = "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')"
    connection.autocommit = True
    try:
        if connection.execute(allowed, [READER]).fetchone():
            connection.execute(f"SET ROLE {READER}")
    except psycopg.errors.InsufficientPrivilege:
        _log.warning("This user may not take the role %s; pages read with the user's own rights.", READER)
    finally:
        connection.autocommit = False

"""The role `churn_reader`, a group that may read `reporting` and `analytics` and nothing else.

A role belongs to the whole server, and creating one needs a right that a team's Postgres may not give. So the product
uses the role if it exists, creates it if it may, and otherwise logs what an administrator has to run.

    GRANT churn_reader TO ana;    -- From now on Ana can read, also after a model change drops and creates views.
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

from churn.errors import NotThere, Unavailable, understand_database
from churn.secrecy import without_login
from churn.settings import Settings
from churn.stores.postgres.database import locate, set_in_sessions

READER = "churn_reader"
READABLE = ("reporting", "analytics")

STATEMENT_TIMEOUT_MS = 20_000
"""The time limit of a page's query. People do not wait longer for a page."""

_log = logging.getLogger(__name__)


def ensure_reader(connection: Connection) -> bool:
    """Grants the role its rights, and creates the role if it is missing and this user may. Repeating changes nothing.

    Default privileges cover tables and views that are created later. They are needed because a changed model drops its
    view together with every grant on it.

    Returns:
        True if the role exists and can read.
    """
    if _can_read(connection):
        return True
    if not role_exists(connection, READER) and not may_create_roles(connection):
        _log.warning(
            "The role %s does not exist, and this user may not create it. Nobody else can read until an administrator "
            "runs CREATE ROLE %s NOLOGIN. The next run grants the role its rights.",
            READER,
            READER,
        )
        return False
    if not role_exists(connection, READER):
        connection.execute(text(f"CREATE ROLE {READER} NOLOGIN"))
    for schema in READABLE:
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {READER}"))
    return True


def role_exists(connection: Connection, name: str) -> bool:
    """Returns whether the server has a role of this name."""
    return bool(connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}))


def may_create_roles(connection: Connection) -> bool:
    """Returns whether this user may create roles."""
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(query)))


def _can_read(connection: Connection) -> bool:
    """Returns whether every readable schema has default privileges for the role, which are granted last."""
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
    """Yields a read-only connection with the rights of `churn_reader`.

    If the role does not exist, or the user is not a member of it, the connection keeps the rights of the user.

    Raises:
        Unavailable: the database did not answer. The message has its address without the password.
        NotThere: no run has used this database yet.
    """
    uri = ""
    try:
        uri = _locate_once(settings)
        with _reading_engine(uri).connect() as connection:
            yield connection
    except (psycopg.OperationalError, OperationalError) as error:
        _locate_once.cache_clear()  # The next reader then starts an embedded server that was stopped.
        if (refusal := understand_database(error)) is not None:
            raise refusal from error
        raise Unavailable(
            f"The database at {without_login(uri)} did not answer: {str(error).strip().splitlines()[0]}",
            "start it, or correct CHURN_DATABASE_URL; `churn doctor` shows what is configured.",
        ) from error
    except ProgrammingError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            next_step = f"run `churn run --source FILE`, or have an administrator run GRANT {READER} TO your user."
            raise NotThere("Nothing was run on this database that this user may read.", next_step) from error
        if not isinstance(error.orig, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
            raise
        raise NotThere("Nothing was run on this database yet.", "run `churn run --source FILE`.") from error


# A page is drawn at each click, and looking for the embedded server takes longer than its queries.
@lru_cache(maxsize=4)
def _locate_once(settings: Settings) -> str:
    return locate(settings)


# One pool for each address: every session of the pages shares its connections.
@lru_cache(maxsize=4)
def _reading_engine(uri: str) -> Engine:
    """Returns an engine for pages: many people use it at once, each for some milliseconds."""
    engine = create_engine(
        make_url(uri).set(drivername="postgresql+psycopg"),
        pool_size=4,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "churn pages", "client_encoding": "UTF8"},
    )
    # JIT is off: compiling one of these queries takes longer than running it.
    limits = {"default_transaction_read_only": "on", "statement_timeout": str(STATEMENT_TIMEOUT_MS)}
    set_in_sessions(engine, **limits, timezone="UTC", jit="off")
    event.listen(engine, "connect", _become_reader)
    return engine


def _become_reader(connection: Any, record: Any) -> None:
    """Takes the role for the whole session."""
    allowed = "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')"
    # Outside a transaction: a rollback of the transaction would undo SET ROLE.
    connection.autocommit = True
    try:
        if connection.execute(allowed, [READER]).fetchone():
            connection.execute(f"SET ROLE {READER}")
    except psycopg.errors.InsufficientPrivilege:
        _log.warning("This user may not take the role %s. Pages read with the rights of the user.", READER)
    finally:
        connection.autocommit = False

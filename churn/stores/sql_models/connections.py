"""SQLMesh's connections. They open at their first use, so that loading the project starts and creates nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlmesh.core.config.connection import DuckDBConnectionConfig, PostgresConnectionConfig

from churn.errors import LockLost
from churn.settings import Settings, load_settings
from churn.stores.postgres.database import KEEPALIVES, locate, open_engine
from churn.stores.postgres.locks import CURRENT_TOKEN, find_held, refuse_other
from churn.stores.sql_models.environment import prepare_environment

WORK_MEM = "128MB"


class PostgresWhenUsed(PostgresConnectionConfig):
    """The product's database. The first use starts the embedded server and creates the tables that models read."""

    @property
    def _connection_factory(self) -> Callable[..., Any]:
        return lambda **options: connect(load_settings(), **options)


def connect(settings: Settings, **options: Any) -> Any:
    """Returns a psycopg2 connection whose commits are refused once another process has taken a lock of this process."""
    prepare_environment(settings)
    engine = open_engine(settings)  # The first command of all may be `sqlmesh`.
    connection = _fenced(engine, **options | KEEPALIVES | {"client_encoding": "UTF8"} | address_of(locate(settings)))
    _set_in_session(connection, settings.statement_timeout_minutes)
    return connection


def _fenced(engine: Engine, **options: Any) -> Any:
    import psycopg2.extensions

    class Fenced(psycopg2.extensions.connection):
        def commit(self) -> None:
            if self.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_INTRANS:
                try:
                    self.compare_tokens()
                except LockLost:
                    self.rollback()  # SQLMesh does not after a failed commit, and the rows would stay locked.
                    raise
            super().commit()

        def compare_tokens(self) -> None:
            for lock, token in list(find_held(engine).items()):
                with self.cursor() as cursor:
                    cursor.execute(CURRENT_TOKEN.format("%s"), [str(lock)])
                    refuse_other(lock, token, cursor.fetchone())

    return psycopg2.connect(connection_factory=Fenced, **options)


def _set_in_session(connection: Any, statement_timeout_minutes: int) -> None:
    """Sets a time limit and more memory, and keeps the session while the run does other work.

    A refresh uses one connection at a time, so it may have more memory. With Postgres' default of 4 MB, its joins and
    uniqueness audits would use the disk.
    """
    chosen = {
        "statement_timeout": f"{statement_timeout_minutes}min",
        "work_mem": WORK_MEM,
        "idle_session_timeout": "0",
    }
    # Postgres before 14 has no idle_session_timeout, and pg_settings leaves it out.
    query = "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s"
    with connection.cursor() as cursor:
        for name, value in chosen.items():
            cursor.execute(query, [value, name])
    connection.commit()


def address_of(uri: str) -> dict[str, str | int | None]:
    """Returns the parts of an address under the names that psycopg2 uses."""
    url = make_url(uri)
    query = {name: values[0] for name, values in url.normalized_query.items()}
    return {
        "host": url.host or query.get("host", "localhost"),
        "port": url.port or 5432,
        "user": url.username or "",
        "password": url.password or "",
        "database": url.database or "",
        "sslmode": query.get("sslmode"),
    }


class DuckDBWhenUsed(DuckDBConnectionConfig):
    """A DuckDB file. The first use creates its folder."""

    @property
    def _connection_factory(self) -> Callable[..., Any]:
        connect = super()._connection_factory

        def create(**options: Any) -> Any:
            Path(str(self.database)).parent.mkdir(parents=True, exist_ok=True)
            return connect(**options)

        return create

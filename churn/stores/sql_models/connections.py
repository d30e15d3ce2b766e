"""SQLMesh's connections. They open at their first use, so that loading the project starts and creates nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlmesh.core.config.connection import DuckDBConnectionConfig, PostgresConnectionConfig

from churn.settings import load_settings
from churn.stores.postgres.database import locate, open_engine
from churn.stores.sql_models.environment import prepare_environment


class PostgresWhenUsed(PostgresConnectionConfig):
    """The product's database. The first use starts the embedded server and creates the tables that models read."""

    @property
    def _connection_factory(self) -> Callable[..., Any]:
        def connect(**options: Any) -> Any:
            import psycopg2

            settings = load_settings()
            prepare_environment(settings)
            open_engine(settings)  # The first command of all may be `sqlmesh`.
            return psycopg2.connect(**options | address_of(locate(settings)))

        return connect


def address_of(uri: str) -> dict[str, Any]:
    """Returns the parts of an address under the names that psycopg2 uses."""
    url = make_url(uri)
    query: dict[str, Any] = dict(url.query)
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

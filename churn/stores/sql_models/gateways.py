"""Where the SQL models run and what SQLMesh remembers of them: what `transforms/config.py` asks for."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from churn.settings import load_settings
from churn.stores.postgres.embedded import DATABASE

if TYPE_CHECKING:
    from sqlmesh.core.config.gateway import GatewayConfig

STATE_SCHEMA = "sqlmesh"


def postgres_gateway() -> "GatewayConfig":
    """The gateway of transforms/config.py: the product's own database, SQLMesh's state in a schema of it."""
    from sqlmesh.core.config.gateway import GatewayConfig

    from churn.stores.sql_models.connections import PostgresWhenUsed

    connection = PostgresWhenUsed(
        host="found when used",
        port=5432,
        user="",
        password="",
        database=_name_database(),
        application_name="churn transforms",
        # One connection at a time: the models of a date depend on each other anyway.
        concurrent_tasks=1,
    )
    return GatewayConfig(connection=connection, state_schema=STATE_SCHEMA)


def duckdb_gateway() -> "GatewayConfig":
    """A second engine for the same models: a DuckDB file under CHURN_HOME, its raw rows brought there by hand."""
    from sqlmesh.core.config.gateway import GatewayConfig

    from churn.stores.sql_models.connections import DuckDBWhenUsed

    return GatewayConfig(connection=DuckDBWhenUsed(database=str(load_settings().home_dir / "transforms.duckdb")))


def _name_database() -> str:
    """The name of the database, which SQLMesh puts before the name of each model; known without connecting."""
    settings = load_settings()
    if settings.database_url is None:
        return DATABASE
    return make_url(settings.database_url.get_secret_value()).database or ""


def find_cache_dir() -> Path:
    """Returns where SQLMesh caches what it read from files and from one database.

    SQLMesh 0.236 caches each snapshot it read from a database, its version and category included, and finds it again
    by the fingerprint of its SQL alone. In the project's folder, where SQLMesh puts it, two databases of one checkout
    read each other's snapshots.
    """
    settings = load_settings()
    name = "embedded" if settings.database_url is None else _identify(settings.database_url.get_secret_value())
    return settings.home_dir / "sqlmesh" / name


def _identify(uri: str) -> str:
    """A name for a database: the same for every user, password and option of its address."""
    url = make_url(uri)
    parts = (url.host or url.query.get("host"), url.port or url.query.get("port"), url.database)
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:12]

"""Gateways and cache of SQLMesh, for `transforms/config.py`."""

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
    """Returns the gateway to the product's database. SQLMesh keeps its state in a schema of the same database."""
    from sqlmesh.core.config.gateway import GatewayConfig

    from churn.stores.sql_models.connections import PostgresWhenUsed

    connection = PostgresWhenUsed(
        host="found when used",
        port=5432,
        user="",
        password="",
        database=_name_database(),
        application_name="churn transforms",
        # One connection at a time: the models of a date depend on each other, so more would wait.
        concurrent_tasks=1,
    )
    return GatewayConfig(connection=connection, state_schema=STATE_SCHEMA)


def duckdb_gateway() -> "GatewayConfig":
    """Returns a gateway to a DuckDB file under CHURN_HOME, for which a person copies the raw rows by hand."""
    from sqlmesh.core.config.gateway import GatewayConfig

    from churn.stores.sql_models.connections import DuckDBWhenUsed

    return GatewayConfig(connection=DuckDBWhenUsed(database=str(load_settings().home_dir / "transforms.duckdb")))


def _name_database() -> str:
    """Returns the name of the database without connecting to it. SQLMesh puts it before the name of each model."""
    settings = load_settings()
    if settings.database_url is None:
        return DATABASE
    return make_url(settings.database_url.get_secret_value()).database or ""


def find_cache_dir() -> Path:
    """Returns the folder of SQLMesh's cache, which differs for each database.

    SQLMesh 0.236 caches the snapshots of a database with their versions, but finds them again by the fingerprint of
    their SQL alone. With SQLMesh's default, a folder in the project, two databases of one checkout would read each
    other's snapshots.
    """
    settings = load_settings()
    name = "embedded" if settings.database_url is None else _identify(settings.database_url.get_secret_value())
    return settings.home_dir / "sqlmesh" / name


def _identify(uri: str) -> str:
    """Returns a name for a database that does not depend on the user, the password or options of its address."""
    url = make_url(uri)
    parts = (url.host or url.query.get("host"), url.port or url.query.get("port"), url.database)
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:12]

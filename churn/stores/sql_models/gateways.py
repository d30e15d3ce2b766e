"""Where the SQL models run and what SQLMesh remembers of them: what `transforms/config.py` asks for."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from churn.settings import Settings, load_settings
from churn.stores.postgres.database import locate, open_engine

if TYPE_CHECKING:
    from sqlmesh.core.config.connection import PostgresConnectionConfig
    from sqlmesh.core.config.gateway import GatewayConfig

STATE_SCHEMA = "sqlmesh"
WORK_MEM = "128MB"

_LIBPQ_VARIABLES = {
    name: f"PG{name.upper()}"
    for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "channelbinding", "gssencmode")
}
"""Options of an address that SQLMesh's connection settings have no room for, and what libpq calls them otherwise."""

os.environ["MAX_FORK_WORKERS"] = "1"  # Before sqlmesh is imported: it would fork inside a threaded process otherwise.


def postgres_gateway() -> "GatewayConfig":
    """The gateway of transforms/config.py: the product's own database, SQLMesh's state in a schema of it."""
    settings = load_settings()
    prepare_environment(settings)
    from sqlmesh.core.config.gateway import GatewayConfig

    open_engine(settings)  # `sqlmesh` by hand may be the first to come: its models read tables that Python declares.
    return GatewayConfig(connection=_connection(locate(settings)), state_schema=STATE_SCHEMA)


def duckdb_gateway() -> "GatewayConfig":
    """A second engine for the same models: a DuckDB file under CHURN_HOME, its raw rows brought there by hand."""
    from sqlmesh.core.config.connection import DuckDBConnectionConfig
    from sqlmesh.core.config.gateway import GatewayConfig

    home_dir = load_settings().home_dir
    home_dir.mkdir(parents=True, exist_ok=True)
    return GatewayConfig(connection=DuckDBConnectionConfig(database=str(home_dir / "transforms.duckdb")))


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


def _connection(uri: str) -> "PostgresConnectionConfig":
    from sqlmesh.core.config.connection import PostgresConnectionConfig

    url = make_url(uri)
    query: dict[str, Any] = dict(url.query)
    return PostgresConnectionConfig(
        host=url.host or query.get("host", "localhost"),
        port=url.port or 5432,
        user=url.username or "",
        password=url.password or "",
        database=url.database or "",
        sslmode=query.get("sslmode"),
        application_name="churn transforms",
        # One connection at a time: the models of a date depend on each other anyway.
        concurrent_tasks=1,
    )


def prepare_environment(settings: Settings) -> None:
    """Gives psycopg2 what SQLMesh's connection settings have no room for: certificates, a time limit, and memory.

    A refresh is one connection at a time; with Postgres' default of 4 MB its joins and uniqueness audits go to disk.
    """
    chosen = make_url(settings.database_url.get_secret_value()).query if settings.database_url is not None else {}
    for option, variable in _LIBPQ_VARIABLES.items():
        if option in chosen:
            os.environ[variable] = str(chosen[option])
    needed = f"-c statement_timeout={settings.statement_timeout_minutes}min -c work_mem={WORK_MEM}"
    options = os.environ.get("PGOPTIONS", "")
    if needed not in options:
        os.environ["PGOPTIONS"] = f"{options} {needed}".strip()

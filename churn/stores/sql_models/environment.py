"""What SQLMesh and psycopg2 read from the environment, because their settings have no room for it."""

import os

from sqlalchemy.engine import make_url

from churn.settings import Settings

WORK_MEM = "128MB"

_LIBPQ_VARIABLES = {
    name: f"PG{name.upper()}"
    for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "channelbinding", "gssencmode")
}
"""Options of an address that SQLMesh's connection settings have no room for, and what libpq calls them otherwise."""

os.environ["MAX_FORK_WORKERS"] = "1"  # Before sqlmesh is imported: it would fork inside a threaded process otherwise.


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

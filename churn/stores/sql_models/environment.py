"""Sets environment variables of SQLMesh and psycopg2, for options that SQLMesh's connection settings do not have."""

import os

from sqlalchemy.engine import make_url

from churn.settings import Settings

WORK_MEM = "128MB"

_LIBPQ_VARIABLES = {
    name: f"PG{name.upper()}"
    for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "channelbinding", "gssencmode")
}
"""Options of an address that SQLMesh's connection settings do not have, and the libpq variable of each option."""

os.environ["MAX_FORK_WORKERS"] = "1"  # SQLMesh reads it at import. More workers fork, which is unsafe with threads.


def prepare_environment(settings: Settings) -> None:
    """Gives psycopg2 what SQLMesh's connection settings do not have: certificates, a time limit and memory.

    A refresh uses one connection at a time, so it may have more memory. With Postgres' default of 4 MB, its joins and
    uniqueness audits would use the disk.
    """
    chosen = make_url(settings.database_url.get_secret_value()).query if settings.database_url is not None else {}
    for option, variable in _LIBPQ_VARIABLES.items():
        if option in chosen:
            os.environ[variable] = str(chosen[option])
    needed = f"-c statement_timeout={settings.statement_timeout_minutes}min -c work_mem={WORK_MEM}"
    options = os.environ.get("PGOPTIONS", "")
    if needed not in options:
        os.environ["PGOPTIONS"] = f"{options} {needed}".strip()

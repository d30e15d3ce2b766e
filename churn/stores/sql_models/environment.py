"""Sets environment variables of SQLMesh and libpq, for options that SQLMesh's connection settings do not have."""

import os

from sqlalchemy.engine import make_url

from churn.settings import Settings

_LIBPQ_VARIABLES = {
    name: f"PG{name.upper()}"
    for name in ("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "channelbinding", "gssencmode")
}
"""Options of an address that SQLMesh's connection settings do not have, and the libpq variable of each option."""

os.environ["MAX_FORK_WORKERS"] = "1"  # SQLMesh reads it at import. More workers fork, which is unsafe with threads.


def prepare_environment(settings: Settings) -> None:
    """Gives libpq the certificates of the address, which SQLMesh's connection settings do not have."""
    chosen = make_url(settings.database_url.get_secret_value()).query if settings.database_url is not None else {}
    for option, variable in _LIBPQ_VARIABLES.items():
        if option in chosen:
            os.environ[variable] = str(chosen[option])

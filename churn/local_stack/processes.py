"""The processes of the stack: starts them with a mark, finds them by the mark, stops them with all their children.

The mark is an environment variable. Children inherit it and keep it, even when another process becomes their parent.
So the children of a killed service are found, however deep in the tree they were started.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

MARK = "CHURN_STACK"
LOG_BYTES = 10_000_000


def start(
    command: tuple[str, ...],
    home_dir: Path,
    environment: Mapping[str, str],
    log: Path,
    work_dir: Path,
    kept_open: tuple[int, ...] = (),
) -> "subprocess.Popen[bytes]":
    """Starts a marked process in a process group of its own.

    Its output is appended to a log. It inherits the open files of `kept_open`.
    """
    with open_log(log) as output:
        return subprocess.Popen(
            command,
            env={**environment, MARK: str(home_dir)},
            cwd=work_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=kept_open,
        )


def open_log(path: Path) -> IO[bytes]:
    """Opens a log for appending. A log above LOG_BYTES is renamed to .log.1 first, which replaces the previous one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def stop(running: Sequence["subprocess.Popen[bytes]"], patience_seconds: float = 10) -> None:
    """Sends SIGTERM to all processes at once, waits, then sends SIGKILL to what is left of their groups."""
    for process in running:
        _signal_group(process.pid, signal.SIGTERM)
    give_up = time.monotonic() + patience_seconds
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, give_up - time.monotonic()))
        # Also when the process itself has ended: its children may ignore SIGTERM. The group keeps its id until the last
        # member has ended, so that the signal cannot reach a stranger while there is one.
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()  # Reaps it, so that no zombie stays behind.


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):  # macOS raises PermissionError for a group of zombies.
        return


def sweep(home_dir: Path, patience_seconds: float = 5) -> int:
    """Ends every marked process except this one. Returns their number.

    Postgres is never ended here: a killed server would have to repair its files. `embedded.stop_embedded` stops it.
    """
    marked = find_marked(home_dir)
    for process in marked:
        _send(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(marked, timeout=patience_seconds)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=patience_seconds)
    return len(marked)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def find_marked(home_dir: Path) -> list[psutil.Process]:
    """Returns the running processes of this home's stack, without this process."""
    return [
        process for process in psutil.process_iter() if process.pid != os.getpid() and _is_marked(process, home_dir)
    ]


def is_marked(pid: int, home_dir: Path) -> bool:
    """Returns whether the process with this id belongs to this home's stack."""
    return psutil.pid_exists(pid) and _is_marked(psutil.Process(pid), home_dir)


def _is_marked(process: psutil.Process, home_dir: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(home_dir) and process.name() != "postgres"
    except (psutil.Error, OSError):  # The process belongs to another user, or it has ended meanwhile.
        return False


def memory_bytes(pid: int) -> int | None:
    """Returns the memory of a process and all its children; None when the process has ended."""
    try:
        root = psutil.Process(pid)
        return sum(_memory_of(process) for process in [root, *root.children(recursive=True)])
    except psutil.NoSuchProcess:
        return None


def _memory_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        # pss (Linux only) divides a shared page among its processes; rss counts it in each, which adds up to too much.
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:  # The process belongs to another user, or it has ended meanwhile.
        return 0

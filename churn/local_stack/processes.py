"""Processes of the stack: started with a mark, found by it, stopped with everything they started.

The mark is a variable of the environment. Children inherit it, whoever becomes their parent later, so that what a
killed service left behind is found however deep it was started.
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
    """Starts a marked process in a group of its own, its output added to a log, some of our files open in it too."""
    with open_log(log) as output:
        return subprocess.Popen(
            command,
            env={**environment, MARK: str(home_dir), "PWD": str(work_dir)},
            cwd=work_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=kept_open,
        )


def open_log(path: Path) -> IO[bytes]:
    """Opens a log to add to; one that has grown large is put aside, the one put aside before is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def stop(running: Sequence["subprocess.Popen[bytes]"], patience_seconds: float = 10) -> None:
    """Asks processes to end, all at once, and kills what is left of their groups."""
    for process in running:
        _signal_group(process.pid, signal.SIGTERM)
    give_up = time.monotonic() + patience_seconds
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, give_up - time.monotonic()))
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies.
        return


def sweep(home_dir: Path, patience_seconds: float = 5) -> int:
    """Ends every marked process but the asking one; returns how many there were.

    Postgres is spared: it has a life of its own, and is stopped by asking it.
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
    """Returns the living processes of this home's stack, the asking one left out."""
    return [
        process for process in psutil.process_iter() if process.pid != os.getpid() and _is_marked(process, home_dir)
    ]


def is_marked(pid: int, home_dir: Path) -> bool:
    """Whether the process of that number belongs to this home's stack."""
    return psutil.pid_exists(pid) and _is_marked(psutil.Process(pid), home_dir)


def _is_marked(process: psutil.Process, home_dir: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(home_dir) and process.name() != "postgres"
    except (psutil.Error, OSError):  # Somebody else's, or gone.
        return False


def memory_bytes(pid: int) -> int | None:
    """Returns the memory of a process and all it started; None when it is gone.

    Pages that several share are counted once where the system tells them apart (Linux).
    """
    try:
        root = psutil.Process(pid)
        return sum(_memory_of(process) for process in [root, *root.children(recursive=True)])
    except psutil.NoSuchProcess:
        return None


def _memory_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:  # Gone meanwhile, or somebody else's.
        return 0

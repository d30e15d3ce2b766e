"""Brings the local stack up, shows its state, and takes it down."""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from churn.errors import Unavailable, WrongUsage
from churn.local_stack import postgres
from churn.local_stack.health import answers, check_free
from churn.local_stack.processes import is_marked, memory_bytes, start, sweep
from churn.local_stack.services import HERE, Service, services_of
from churn.settings import PROJECT_DIR, Settings, inherited_environment, read_environment
from churn.stack_note import Note, Standing, find_stack, is_locked, remove_lock, remove_note, take_lock
from churn.stores.postgres import embedded

UP_PATIENCE_SECONDS = 180.0
DOWN_PATIENCE_SECONDS = 60.0
STARTS_BEFORE_GIVING_UP = 3


@dataclass(frozen=True)
class Line:
    """One line of the status table. Memory is in bytes; None when the service does not run on this machine."""

    standing: Standing
    memory: int | None


def bring_up(tell: Callable[[Note], None], patience_seconds: float = UP_PATIENCE_SECONDS) -> Note:
    """Brings the local stack up, if it is not up already, and waits until every service is healthy.

    Args:
        tell: called with the note while the function waits.
        patience_seconds: the longest wait.

    Raises:
        WrongUsage: another program uses a port, or the system is Windows. Nothing was started.
        Unavailable: a service does not become healthy. The message names its log.
    """
    if os.name != "posix":
        raise WrongUsage(
            "The local stack runs on Linux and macOS only.", "use compose.yaml, or Linux inside Windows (WSL)."
        )
    settings = read_environment()
    settings.home_dir.mkdir(parents=True, exist_ok=True)
    # The supervisor inherits the locked file, so that the lock never lies open between this process and the supervisor:
    # of two `churn up` at the same time only one starts a stack, and both wait for it.
    with take_lock(settings.home_dir) as lock:
        if lock is not None:
            _start_supervisor(settings, lock)
    give_up = time.monotonic() + patience_seconds
    while time.monotonic() < give_up:
        note = find_stack(settings.home_dir)
        if note is not None:
            tell(note)
            if all(service.is_well for service in note.services):
                return note
            _check_no_loop(settings, note)
        elif not is_locked(settings.home_dir):  # No note and no lock: the supervisor has ended before its first note.
            raise _did_not_come(settings, "The stack's supervisor", "stack")
        # Ten looks a second at one small file: the command answers within 0.1 s of the last service.
        time.sleep(0.1)
    late = [service for service in note.services if not service.is_well] if note else []
    raise _did_not_come(settings, late[0].title if late else "The stack", late[0].name if late else "stack")


def _start_supervisor(settings: Settings, lock: int) -> None:
    """Removes what a killed stack left, checks the ports, and hands the lock to a new supervisor."""
    remove_note(settings.home_dir)
    sweep(settings.home_dir)  # Before the check: the processes of a killed stack may still hold its ports.
    try:
        _check_ports(settings)
    except WrongUsage:
        remove_lock(settings.home_dir)
        raise
    start(
        (sys.executable, "-P", "-m", "churn.local_stack.supervisor"),
        settings.home_dir,
        inherited_environment() | {"CHURN_HOME": str(settings.home_dir)},
        settings.home_dir / "logs" / "stack.log",
        PROJECT_DIR,
        kept_open=(lock,),
    )


def _check_ports(settings: Settings) -> None:
    for service in services_of(settings):
        if service.port is not None:
            check_free(HERE, service.port, service.title, f"CHURN_{service.name.upper()}_PORT")


def _check_no_loop(settings: Settings, note: Note) -> None:
    for service in note.services:
        if service.starts > STARTS_BEFORE_GIVING_UP and not service.is_well:
            raise _did_not_come(settings, service.title, service.name)


def _did_not_come(settings: Settings, title: str, name: str) -> Unavailable:
    log = settings.home_dir / "logs" / f"{name}.log"
    return Unavailable(
        f"{title} did not start{_last_line(log)}",
        f"read {log}. `churn up` waits again; `churn down` stops the stack.",
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f"; its log ends with: {lines[-1].strip()[:200]}" if lines else "."


def look(settings: Settings) -> list[Line]:
    """Checks every service of the stack now. Returns an empty list when the stack is not up."""
    note = find_stack(settings.home_dir)
    own = read_environment()
    checks = {service.name: service for service in services_of(own)}
    return [_look_at(own, standing, checks.get(standing.name)) for standing in note.services] if note else []


def _look_at(settings: Settings, standing: Standing, service: Service | None) -> Line:
    is_well = answers(service.health, service.sign) if service else postgres.is_well(settings)
    return Line(replace(standing, is_well=is_well), memory_bytes(standing.pid) if standing.pid else None)


def take_down() -> list[str]:
    """Takes the stack down, and ends the processes that a killed stack left.

    Returns:
        The titles of what was stopped; an empty list when nothing ran.

    Raises:
        Unavailable: another `churn up` or `churn down` holds the lock.
    """
    home_dir = read_environment().home_dir
    if not home_dir.exists():
        return []
    stopped = _end_supervisor(home_dir) if is_locked(home_dir) else []
    with take_lock(home_dir) as lock:
        if lock is None:
            raise Unavailable("Another `churn up` or `churn down` is running.", "run this again when it has ended.")
        left = sweep(home_dir)
        stopped += [f"{left} process{'' if left == 1 else 'es'} of a killed stack"] if left else []
        stopped += ["Postgres"] if embedded.stop_embedded(home_dir) else []
        remove_note(home_dir)
        remove_lock(home_dir)
    return stopped


def _end_supervisor(home_dir: Path) -> list[str]:
    """Asks the supervisor to take the stack down and waits for it. Returns the titles of what it stopped."""
    give_up = time.monotonic() + DOWN_PATIENCE_SECONDS
    asked: Note | None = None
    while time.monotonic() < give_up and (is_marked(asked.supervisor_pid, home_dir) if asked else is_locked(home_dir)):
        note = find_stack(home_dir)
        # The note of a killed stack may name a process id that now belongs to a stranger: only a marked process gets
        # the signal.
        if asked is None and note is not None and is_marked(note.supervisor_pid, home_dir):
            asked = note
            os.kill(asked.supervisor_pid, signal.SIGTERM)
        time.sleep(0.1)
    if asked is None:
        return []
    return [service.title for service in asked.services if service.pid is not None] or ["a stack that was starting"]

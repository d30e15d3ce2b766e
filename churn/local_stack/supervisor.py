"""The supervisor of the local stack: starts each service, restarts a service that ends, and stops all of them.

Only `churn up` starts it, and hands it the lock. SIGTERM takes the stack down in order. When the supervisor itself is
killed, its warden ends the services, so that no service goes on unnoticed.

python -m churn.local_stack.supervisor
"""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from churn.local_stack import processes
from churn.local_stack.health import answers
from churn.local_stack.postgres import STOPPED, keep_postgres
from churn.local_stack.services import Service, services_of
from churn.settings import PROJECT_DIR, Settings, inherited_environment, read_environment
from churn.stack_note import Note, Standing, remove_lock, remove_note, write_note
from churn.stores.postgres import embedded

TURN_SECONDS = 0.3
CHECK_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0


@dataclass
class Kept:
    """The current state of a service."""

    service: Service
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0
    is_well: bool = False
    next_start: float = 0.0
    next_check: float = 0.0

    def standing(self) -> Standing:
        """Returns the entry of the service in the note."""
        pid = self.process.pid if self.process is not None else None
        return Standing(self.service.name, self.service.title, self.service.url, pid, self.is_well, self.starts)


def main() -> None:
    """Runs the stack until SIGTERM."""
    settings = read_environment()  # Not `load_settings`: the note may still name the MLflow of an earlier stack.
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # The handler only sets a flag: Python may call it between any two instructions, even while the note is written.
        signal.signal(number, lambda *_: stopping.set())
    os.environ.pop(processes.MARK, None)  # Postgres inherits this environment: with the mark, sweep() would kill it.
    kept, began = [Kept(service) for service in services_of(settings)], time.monotonic()
    note = _tell(settings.home_dir, [STOPPED, *(member.standing() for member in kept)], None, 0)
    warden = start_warden(settings.home_dir)
    try:
        while not stopping.is_set():
            _tend_all(settings, kept, {service.name for service in note.services if service.is_well})
            standings = [keep_postgres(settings), *(member.standing() for member in kept)]
            note = _tell(settings.home_dir, standings, note, time.monotonic() - began)
            # poll() also reaps a warden that was killed; without a warden a killed supervisor would leave its services.
            warden = warden if warden.poll() is None else start_warden(settings.home_dir)
            stopping.wait(TURN_SECONDS)  # Not sleep(): SIGTERM ends the wait at once.
    finally:
        take_down(settings, kept, warden)


def start_warden(home_dir: Path) -> "subprocess.Popen[bytes]":
    """Starts the warden, which ends the services when this process is killed. It waits for the end of its input."""
    with processes.open_log(home_dir / "logs" / "stack.log") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "churn.local_stack.warden", str(home_dir)],
            env={**inherited_environment(), processes.MARK: str(home_dir)},
            cwd=PROJECT_DIR,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # A signal to the supervisor's group must not end the warden too.
        )


def _tend_all(settings: Settings, kept: list[Kept], well: set[str]) -> None:
    for member in kept:
        if member.process is not None and member.process.poll() is not None:
            _clear_away(member)
        if member.process is None and well.issuperset(member.service.needs) and time.monotonic() >= member.next_start:
            _start(settings, member)
        if member.process is not None and time.monotonic() >= member.next_check:
            member.is_well = answers(member.service.health, member.service.sign)
            # A starting service is checked every turn, so that `churn up` returns at once when it becomes healthy.
            member.next_check = time.monotonic() + (CHECK_SECONDS if member.is_well else 0.0)


def _start(settings: Settings, member: Kept) -> None:
    environment = inherited_environment() | {"CHURN_HOME": str(settings.home_dir)} | dict(member.service.environment)
    log = settings.home_dir / "logs" / f"{member.service.name}.log"
    member.process = processes.start(member.service.command, settings.home_dir, environment, log, PROJECT_DIR)
    member.starts += 1
    member.next_check = 0.0


def _clear_away(member: Kept) -> None:
    """Ends the children of a service that ended, and sets the time of its next start.

    A service that was healthy starts again at once. A service that never became healthy waits longer each time.
    """
    assert member.process is not None
    print(f"{member.service.name} ended with {member.process.returncode}", flush=True)  # noqa: T201 this process's log
    processes.stop([member.process], patience_seconds=0)
    pause = 0.0 if member.is_well else min(2.0**member.starts, LONGEST_PAUSE_SECONDS)
    member.process, member.is_well, member.next_start = None, False, time.monotonic() + pause


def _tell(home_dir: Path, standings: list[Standing], last_note: Note | None, seconds: float) -> Note:
    """Writes the note if it changed. Returns it."""
    note = Note(os.getpid(), tuple(_first_well(standing, last_note, seconds) for standing in standings))
    if note != last_note:
        write_note(home_dir, note)
    return note


def _first_well(standing: Standing, last_note: Note | None, seconds: float) -> Standing:
    before = last_note.find(standing.name) if last_note is not None else None
    first = before.seconds if before is not None else None
    return replace(standing, seconds=seconds if first is None and standing.is_well else first)


def take_down(settings: Settings, kept: list[Kept], warden: "subprocess.Popen[bytes]") -> None:
    """Stops every service, then Postgres, then removes the note and the lock."""
    running = {member.service.name: member.process for member in kept if member.process is not None}
    # The worker first, while Prefect still answers: it reports there that it stops.
    processes.stop([running.pop(name) for name in ("worker",) if name in running])
    processes.stop(list(running.values()))
    processes.stop([warden], patience_seconds=0)  # Before the supervisor ends: else it would begin to sweep as well.
    processes.sweep(settings.home_dir)
    embedded.stop_embedded(settings.home_dir)  # After all of its clients, so that it need not break their connections.
    remove_note(settings.home_dir)
    remove_lock(settings.home_dir)  # Last: once the lock is gone, another `churn up` may start a stack.


if __name__ == "__main__":
    main()

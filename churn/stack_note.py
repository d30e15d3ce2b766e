"""The note a local stack leaves in `$CHURN_HOME/stack.json`: which services run, where they answer.

`churn up` has a supervisor write it; settings, the terminal and the doctor read it. Whether the supervisor lives is
told by the lock it holds, not by a process number: the kernel drops the lock whatever ended the process, and no other
process can be mistaken for it.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Standing:
    """One service of the stack, as its supervisor saw it last.

    Attributes:
        name: as in `prefect`, and of its log file.
        title: as a person calls it.
        url: where it is looked at or reached; empty when it has no address.
        pid: of its first process; None when it is not running.
        is_well: its health check passed.
        starts: how often it was started.
        seconds: from the start of the stack until it was well for the first time; None when it never was.
    """

    name: str
    title: str
    url: str
    pid: int | None
    is_well: bool
    starts: int
    seconds: float | None = None


@dataclass(frozen=True)
class Note:
    """What the supervisor last wrote."""

    supervisor_pid: int
    services: tuple[Standing, ...]

    def find(self, name: str) -> Standing | None:
        """Returns the service of that name, None when it is not part of this stack."""
        return next((service for service in self.services if service.name == name), None)

    def url_of(self, name: str) -> str | None:
        """Returns where a service answers; None unless it is well."""
        service = self.find(name)
        return service.url if service is not None and service.is_well else None


def _note_path(home_dir: Path) -> Path:
    return home_dir / "stack.json"


def _lock_path(home_dir: Path) -> Path:
    return home_dir / "stack.lock"


def write_note(home_dir: Path, note: Note) -> None:
    """Replaces the note in one step, so that a reader never sees half of it."""
    fresh = _note_path(home_dir).with_suffix(".new")
    fresh.write_text(json.dumps(asdict(note), indent=2))
    fresh.replace(_note_path(home_dir))


def remove_note(home_dir: Path) -> None:
    """Forgets the stack."""
    _note_path(home_dir).unlink(missing_ok=True)


def find_stack(home_dir: Path) -> Note | None:
    """Returns the note of a stack whose supervisor lives; None when there is none."""
    if not os.path.exists(_note_path(home_dir)) or not is_locked(home_dir):  # noqa: PTH110 Path.exists raises where it may not look
        return None
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        content = json.loads(_note_path(home_dir).read_text())
        return Note(content["supervisor_pid"], tuple(Standing(**service) for service in content["services"]))
    return None


def is_locked(home_dir: Path) -> bool:
    """Whether a supervisor lives, or is about to."""
    import fcntl

    try:
        file = os.open(_lock_path(home_dir), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def take_lock(home_dir: Path) -> Iterator[int | None]:
    """Yields a file that holds the lock, or None when another process holds it.

    A child that inherits the file goes on holding the lock when the block has ended.
    """
    file = _open_locked(home_dir)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def _open_locked(home_dir: Path, patience_seconds: float = 1.0) -> int | None:
    """Tries for a moment: who asks `is_locked` shares the lock for an instant."""
    import fcntl

    give_up = time.monotonic() + patience_seconds
    while True:
        file = os.open(_lock_path(home_dir), os.O_RDWR | os.O_CREAT, 0o644)
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file), _lock_path(home_dir).stat()):
                return file
        os.close(file)  # Held by another, or removed under us by one that ended.
        if time.monotonic() > give_up:
            return None
        time.sleep(0.05)


def remove_lock(home_dir: Path) -> None:
    """Removes the lock's file; only its holder may."""
    _lock_path(home_dir).unlink(missing_ok=True)

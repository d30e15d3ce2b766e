"""The note of the local stack, `$CHURN_HOME/stack.json`: which services run, and at which addresses.

The supervisor of `churn up` writes the note; settings, the terminal and the doctor read it. The supervisor also holds a
lock, and the lock, not a process id, shows that it runs: the kernel releases the lock however the process ends, while
a process id may belong to another process later.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Standing:
    """The last known state of one service of the stack.

    Attributes:
        name: the short name, for example `prefect`; the log file has the same name.
        title: the name for people.
        url: the address of the service; empty when it has none.
        pid: the id of its first process; None when the service does not run.
        is_well: whether its last health check passed.
        starts: how often the supervisor started it.
        seconds: the seconds from the start of the stack to the first passed health check; None before that.
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
    """The content of the note."""

    supervisor_pid: int
    services: tuple[Standing, ...]

    def find(self, name: str) -> Standing | None:
        """Returns the service of that name; None when it is not part of this stack."""
        return next((service for service in self.services if service.name == name), None)

    def url_of(self, name: str) -> str | None:
        """Returns the address of a service; None when its health check does not pass."""
        service = self.find(name)
        return service.url if service is not None and service.is_well else None


def _note_path(home_dir: Path) -> Path:
    return home_dir / "stack.json"


def _lock_path(home_dir: Path) -> Path:
    return home_dir / "stack.lock"


def write_note(home_dir: Path, note: Note) -> None:
    """Replaces the note in one step, so that a reader never sees half a note."""
    fresh = _note_path(home_dir).with_suffix(".new")
    fresh.write_text(json.dumps(asdict(note), indent=2))
    fresh.replace(_note_path(home_dir))  # rename() is atomic within a folder; writing in place is not.


def read_login(home_dir: Path) -> str | None:
    """Returns `user:password` of the stack's Prefect and MLflow; None if this user may read none."""
    try:
        return _login_path(home_dir).read_text().strip() or None
    except OSError:
        return None


def ensure_login(home_dir: Path) -> str:
    """Returns the login of the stack; chooses one for a home that has none. Only the owner may read its file."""
    if (known := read_login(home_dir)) is not None:
        return known
    chosen = f"churn:{secrets.token_hex(24)}"
    home_dir.mkdir(parents=True, exist_ok=True)
    fresh = _login_path(home_dir).with_name("services.login.part")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{chosen}\n")
    fresh.replace(_login_path(home_dir))
    return chosen


def _login_path(home_dir: Path) -> Path:
    return home_dir / "services.login"


def remove_note(home_dir: Path) -> None:
    """Removes the note."""
    _note_path(home_dir).unlink(missing_ok=True)


def find_stack(home_dir: Path) -> Note | None:
    """Returns the note of a stack whose supervisor runs; None when no stack runs."""
    if not os.path.exists(_note_path(home_dir)) or not is_locked(home_dir):  # noqa: PTH110 Path.exists raises where it may not look
        return None
    # The supervisor may remove the note between the check and the read, and an older version may have written other
    # fields. Both mean the same to a caller: no stack that can be used.
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        content = json.loads(_note_path(home_dir).read_text())
        return Note(content["supervisor_pid"], tuple(Standing(**service) for service in content["services"]))
    return None


def is_locked(home_dir: Path) -> bool:
    """Returns whether a supervisor runs, or is starting."""
    import fcntl  # Not above: Windows has no fcntl, and every command imports this module.

    try:
        file = os.open(_lock_path(home_dir), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # A shared lock: two processes that ask at the same time do not take each other for a supervisor.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def take_lock(home_dir: Path) -> Iterator[int | None]:
    """Yields the descriptor of a file that holds the lock; yields None when another process holds the lock.

    flock() belongs to the open file, not to the process: a child that inherits the descriptor keeps the lock after the
    block has ended. `churn up` hands the lock to the supervisor in this way.
    """
    file = _open_locked(home_dir)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def _open_locked(home_dir: Path, patience_seconds: float = 1.0) -> int | None:
    """Tries for a moment, since a process in `is_locked` holds the shared lock for an instant."""
    import fcntl

    give_up = time.monotonic() + patience_seconds
    while True:
        file = os.open(_lock_path(home_dir), os.O_RDWR | os.O_CREAT, 0o644)
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A supervisor that ends removes the lock file. A lock on the removed file locks nobody else out, so the
            # locked file must still be the file at the path.
            if os.path.samestat(os.fstat(file), _lock_path(home_dir).stat()):
                return file
        os.close(file)
        if time.monotonic() > give_up:
            return None
        time.sleep(0.05)


def remove_lock(home_dir: Path) -> None:
    """Removes the lock file. Only the holder of the lock may call this."""
    _lock_path(home_dir).unlink(missing_ok=True)

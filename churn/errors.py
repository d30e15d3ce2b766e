"""What can go wrong, in words for the person who has to act.

Every error has a fact and a next step. Its class decides the exit code, and whether a retry may help.
"""

import errno
import re
from datetime import date, datetime
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """The exit codes of `churn`. README and `churn --help` list them."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    CONTRACT_BROKEN = 3
    AUDIT_FAILED = 4
    LIMIT_BROKEN = 5


class ChurnError(Exception):
    """A failure whose cause is known.

    Attributes:
        fact: what happened, with the file, row, column and value where there are any.
        next_step: what the reader does next, as a command.
        incident: what stays the same while the failure lasts, for a fact whose figures change from day to day; empty:
            the fact stays the same.
    """

    exit_code: ExitCode = ExitCode.FAILED
    incident: str = ""
    may_pass_by_itself: bool = False

    def __init__(self, fact: str, next_step: str) -> None:
        super().__init__(fact, next_step)  # Exception keeps both arguments, so that Prefect can pickle the error.
        self.fact = fact
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.fact} Next: {self.next_step}"


class WrongUsage(ChurnError):
    """The user asked for something that is not possible."""

    exit_code = ExitCode.WRONG_USAGE


class ContractBroken(ChurnError):
    """The extract breaks the contract. Nothing of it was written."""

    exit_code = ExitCode.CONTRACT_BROKEN


class AuditFailed(ChurnError):
    """Rows of a date failed an audit. The date stays unpublished.

    Attributes:
        audit: the name of the audit.
        model: the SQL model that was audited.
        count: the number of rows that failed.
        query: SQL that shows the failed rows.

    The message has four more parts, each of which may be empty: the file and line of the audit, the days of the failed
    rows, what did not happen because of them, and a sentence about what readers see.
    """

    exit_code = ExitCode.AUDIT_FAILED

    def __init__(
        self,
        audit: str,
        model: str,
        count: int,
        query: str,
        place: str = "",
        days: str = "",
        readers: str = "",
        consequence: str = "the date is not published",
    ) -> None:
        rows = "1 row" if count == 1 else f"{count:,} rows"
        where, when = f" ({place})" if place else "", f" of {days}" if days else ""
        super().__init__(
            f"Audit {audit} of {model}{where} failed on {rows}{when}; {consequence}. {readers}".rstrip(),
            f"look at the failed rows with: {query}",
        )
        self.audit, self.model, self.count, self.query = audit, model, count, query
        self._parts = place, days, readers, consequence

    def __reduce__(self) -> tuple[type["AuditFailed"], tuple[Any, ...]]:
        # Pickle rebuilds an exception from `args`, which are fact and next step here: this class takes other arguments.
        return type(self), (self.audit, self.model, self.count, self.query, *self._parts)


class LimitBroken(ChurnError):
    """Monitoring measured something beyond a limit of the policy file. What is published stays published."""

    exit_code = ExitCode.LIMIT_BROKEN

    def __init__(self, incident: str, fact: str, next_step: str) -> None:
        super().__init__(fact, next_step)
        self.incident = incident

    def __reduce__(self) -> tuple[type["LimitBroken"], tuple[str, str, str]]:
        return type(self), (self.incident, self.fact, self.next_step)


class TransformFailed(ChurnError):
    """SQLMesh could not deploy or refresh a SQL model."""


class NotThere(ChurnError):
    """The step needs something that does not exist yet: a run, a champion, the features of a date."""


class NotPublished(NotThere):
    """The date is not published, or no date is published yet; or it was not at the moment of --known-at."""

    def __init__(self, day: date | None, known_at: datetime | None = None) -> None:
        if known_at:
            fact = f"{day or 'No date'} was {'not ' if day else ''}published at {known_at:%Y-%m-%d %H:%M} UTC."
            super().__init__(fact, "give a later --known-at, or leave it out to see what is published now.")
            return
        fact = f"{day} is not published." if day else "Nothing is published yet."
        super().__init__(fact, f"run `churn run --source FILE{f' --as-of {day}' if day else ''}`.")

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled as its parent, whose arguments are fact and next step; this class takes a date.
        return NotThere, (self.fact, self.next_step)


class NotLoaded(NotThere):
    """No extract of the date is loaded, or no extract is loaded yet."""

    def __init__(self, day: date | None) -> None:
        fact = f"No extract of {day} is loaded." if day else "No extract is loaded yet."
        super().__init__(fact, f"run `churn run --source FILE{f' --as-of {day}' if day else ''}`.")

    def __reduce__(self) -> tuple[Any, ...]:
        return NotThere, (self.fact, self.next_step)


class NotInRegistry(NotThere):
    """The registry answers, but does not have a model of the ledger: it is new, emptied, or another registry."""

    def __init__(self, fact: str) -> None:
        super().__init__(
            fact,
            "train a new model with `churn train --retrain`, or set CHURN_MLFLOW_TRACKING_URI to the registry that has "
            "this model.",
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return NotThere, (self.fact, self.next_step)


class TooFewLeavers(NotThere):
    """Too few customers left, or stayed, to train a model. The current champion goes on scoring."""


class ModelRefused(ChurnError):
    """A stored model cannot be loaded safely: other library versions wrote it, or it has types that are not trusted."""


class Unavailable(ChurnError):
    """A service did not answer. It may answer a little later, so a retry may help."""

    may_pass_by_itself = True


class RegistryDown(Unavailable):
    """The model registry did not answer. Scoring can go on with the local copy of the champion."""


class RegistryRefused(RegistryDown):
    """The model registry answered with an error that has nothing to do with the request. A retry does not help."""

    may_pass_by_itself = False


class Busy(Unavailable):
    """Another run holds the lock."""


class LockLost(ChurnError):
    """Another process took a lock of this process, whose session had ended. What this process writes is refused."""

    def __init__(self, lock: str, holder: str) -> None:
        super().__init__(
            f"This run lost its connection to the database, and with it the {lock} lock, which {holder} took. "
            "What this run still wrote was refused.",
            "wait until the other run ends, then run again: the run continues where it stopped.",
        )
        self._lock, self._holder = lock, holder

    def __reduce__(self) -> tuple[type["LockLost"], tuple[str, str]]:
        return type(self), (self._lock, self._holder)


class DiskFull(ChurnError):
    """The disk is full. A retry does not help, since waiting frees no space."""


class AccessRefused(ChurnError):
    """The database answered, and refused the login, the right or the configuration. A retry does not help."""


_PREFECT_IS_AWAY = ("Failed to reach API at", "No Prefect API URL provided")
"""How Prefect 3.8 begins its messages for a server that does not answer. It raises them as RuntimeError and ValueError,
so that only the text shows what they are."""
_CONNECTION_LOSSES = ("OperationalError", "InterfaceError", "AdminShutdown", "ConnectionFailure")
_REFUSED_STATES = ("28", "42501", "3D000", "25006")
"""How Postgres' codes begin for: login refused, no permission, no such database, and a read-only server."""
_LACKING_STATES = ("42703", "42P01")  # Postgres' codes for a column and a table that do not exist.
_REFUSED_LOGIN = re.compile(
    "password authentication failed|no password supplied|no pg_hba.conf entry|permission denied|"
    '(role|database) ".*" does not exist|server does not support SSL|certificate|invalid connection option'
)
"""What libpq says where it cannot connect: psycopg then has no code."""


def may_pass_by_itself(error: BaseException) -> bool:
    """Returns whether a retry may help."""
    if isinstance(error, ChurnError):
        return error.may_pass_by_itself
    if understand_database(error) is not None:
        return False
    return isinstance(error, ConnectionError | TimeoutError) or _is_connection_loss(error)


def understand_database(error: BaseException) -> ChurnError | None:
    """Returns the error for people if a database answered with something that waiting does not change, else None.

    Args:
        error: an error of any of the drivers, or SQLAlchemy's around it.
    """
    origin, state = getattr(error, "orig", None) or error, _state_of(error)
    fact = (str(origin).strip() or "no reason").splitlines()[0].rstrip(".")
    if state == "53100":
        return DiskFull(
            f"No space is left on the disk of the database: {fact}.",
            "free some space there, then run again: the run continues where it stopped.",
        )
    is_refused = state.startswith(_REFUSED_STATES) or (
        not state and _is_connection_loss(error) and _REFUSED_LOGIN.search(str(origin))
    )
    if not is_refused:
        return None
    return AccessRefused(
        f"The database refused: {fact}.",
        "correct CHURN_DATABASE_URL, or let the owner of the database give this user the right (`churn db setup`).",
    )


def _state_of(error: BaseException) -> str:
    origin = getattr(error, "orig", None) or error  # SQLAlchemy keeps the driver's error there.
    return str(getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None) or "")  # psycopg 3, psycopg2


def _is_connection_loss(error: BaseException) -> bool:
    # By the names of the classes: comparing with the classes themselves would import three database drivers.
    return not {kind.__name__ for kind in type(error).__mro__}.isdisjoint(_CONNECTION_LOSSES)


def understand(error: BaseException) -> ChurnError:
    """Returns the error for people: a `ChurnError` unchanged, any other error with its class and its first line."""
    if isinstance(error, ChurnError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull(
            f"No space is left on the disk{f' of {error.filename}' if error.filename else ''}.",
            "free some space, then run again: the run continues where it stopped. `churn doctor` shows CHURN_HOME.",
        )
    if isinstance(error, OSError) and error.filename and error.strerror:
        return ChurnError(
            f"{error.filename2 or error.filename}: {error.strerror}.", "correct that, or choose another path."
        )
    if (refusal := understand_database(error)) is not None:
        return refusal
    first_line = (str(error).strip() or "no message").splitlines()[0]
    if _state_of(error) in _LACKING_STATES:
        return NotThere(
            f"The tables of the SQL models are of another release: {first_line.rpartition('ERROR:')[2].strip()}.",
            "run `churn transforms apply`. If it changes nothing, run the command again with -v to see the traceback.",
        )
    if _is_connection_loss(error):
        return Unavailable(
            f"The database did not answer: {first_line}",
            "start the database, then run again: the run continues where it stopped. `churn doctor` shows its address.",
        )
    if type(error).__module__.partition(".")[0] in ("httpx", "httpcore") or first_line.startswith(_PREFECT_IS_AWAY):
        return Unavailable(
            f"Prefect's server did not answer: {first_line.rstrip('.')}.",
            "start it or correct PREFECT_API_URL, then run again. Published dates stay published.",
        )
    return ChurnError(f"{type(error).__name__}: {first_line}", "run the command again with -v to see the traceback.")

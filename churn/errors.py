"""What can go wrong, in the words of the person who has to act.

Every error carries the fact and the next step. Its class decides the exit code and whether trying again may help.
"""

import errno
from datetime import date
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What the shell gets. Documented in README and `churn --help`."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    CONTRACT_BROKEN = 3
    AUDIT_FAILED = 4


class ChurnError(Exception):
    """A failure that was understood.

    Attributes:
        fact: what happened, naming the place.
        next_step: what to do about it.
    """

    exit_code: ExitCode = ExitCode.FAILED
    may_pass_by_itself: bool = False

    def __init__(self, fact: str, next_step: str) -> None:
        super().__init__(fact, next_step)
        self.fact = fact
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.fact} Next: {self.next_step}"


class WrongUsage(ChurnError):
    """The request itself cannot be carried out."""

    exit_code = ExitCode.WRONG_USAGE


class ContractBroken(ChurnError):
    """The extract is not what was agreed; nothing of it was written."""

    exit_code = ExitCode.CONTRACT_BROKEN


class AuditFailed(ChurnError):
    """Rows of a date failed an audit; the date stays unpublished.

    Attributes:
        audit: name of the audit.
        model: the audited model.
        count: rows that failed.
        query: SQL that shows them.

    What else a person needs is in the message: the place where the audit is written (file and line), the days of the
    rows, what did not happen because of them, and a sentence about what readers see; each may be empty.
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
            f"look at them: {query}",
        )
        self.audit, self.model, self.count, self.query = audit, model, count, query
        self._told = place, days, readers, consequence

    def __reduce__(self) -> tuple[type["AuditFailed"], tuple[Any, ...]]:
        return type(self), (self.audit, self.model, self.count, self.query, *self._told)


class TransformFailed(ChurnError):
    """A SQL model could not be deployed or evaluated."""


class NotThere(ChurnError):
    """Something the step needs does not exist yet: no run, no champion, no features of a date."""


class NotPublished(NotThere):
    """Readers have no such date, or none at all yet."""

    def __init__(self, day: date | None) -> None:
        fact = f"{day} is not published." if day else "Nothing is published yet."
        super().__init__(fact, "run `churn run --source FILE`.")


class TooFewLeavers(NotThere):
    """Too few customers left, or stayed, to learn from; a champion that is there goes on."""


class ModelRefused(ChurnError):
    """A stored model cannot be trusted to mean what it meant: other library versions, or types nobody vouched for."""


class Unavailable(ChurnError):
    """A service did not answer; it may by itself a little later."""

    may_pass_by_itself = True


class RegistryDown(Unavailable):
    """The model registry did not answer; scoring can go on with the copy of the champion."""


class Busy(Unavailable):
    """Another run holds the lock."""


class DiskFull(ChurnError):
    """Nothing more can be written; waiting does not make room."""


_PREFECT_IS_AWAY = ("Failed to reach API at", "No Prefect API URL provided")
"""How Prefect's own errors of that begin; they are of no kind of their own."""
_CONNECTION_LOSSES = ("OperationalError", "InterfaceError", "AdminShutdown", "ConnectionFailure")


def may_pass_by_itself(error: BaseException) -> bool:
    """Whether the same call may succeed a little later.

    Database drivers' errors are told by name, so that asking does not import three drivers.
    """
    if isinstance(error, ChurnError):
        return error.may_pass_by_itself
    return isinstance(error, ConnectionError | TimeoutError) or _is_connection_loss(error)


def _is_connection_loss(error: BaseException) -> bool:
    return not {kind.__name__ for kind in type(error).__mro__}.isdisjoint(_CONNECTION_LOSSES)


def understand(error: BaseException) -> ChurnError:
    """Returns an error as a person is told it: an understood one as it is, any other by its kind and first line."""
    if isinstance(error, ChurnError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull(
            f"No space is left on the disk{f' of {error.filename}' if error.filename else ''}.",
            "free some (CHURN_HOME says where things are kept), then run again: it goes on where it was.",
        )
    if isinstance(error, OSError) and error.filename and error.strerror:
        return ChurnError(
            f"{error.filename2 or error.filename}: {error.strerror}.", "mend that, or name another place."
        )
    first_line = (str(error).strip() or "no message").splitlines()[0]
    if _is_connection_loss(error):
        return Unavailable(
            f"The database did not answer: {first_line}",
            "check that it runs, then run again: it goes on where it was. `churn doctor` shows what is configured.",
        )
    if type(error).__module__.partition(".")[0] in ("httpx", "httpcore") or first_line.startswith(_PREFECT_IS_AWAY):
        return Unavailable(
            f"Prefect's server did not answer: {first_line.rstrip('.')}.",
            "start it or mend PREFECT_API_URL, then run again; what was published stays.",
        )
    return ChurnError(f"{type(error).__name__}: {first_line}", "run it again with -v to see where.")

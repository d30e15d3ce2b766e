"""The steps of a run, each callable alone: what a flow's task does in one call.

A stage finds what it needs by its date, says what it did in one line, and does nothing when there is nothing to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from churn.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """What a stage did.

    Attributes:
        summary: one line for a person.
        is_skipped: there was nothing to do.
        details: rows of a table, where a line does not tell it all: each SQL model with its rows, time and audits.
    """

    summary: str
    is_skipped: bool = False
    details: tuple[dict[str, object], ...] = ()


@contextmanager
def one_pipeline(settings: Settings, wait: bool = False) -> Iterator[None]:
    """Lets one pipeline at a time work on a database.

    Args:
        settings: where the database is.
        wait: whether to wait for another one to end, as long as a statement may take.

    Raises:
        Busy: another one is at work, and `wait` is False.
    """
    from churn.stores.postgres.database import open_engine
    from churn.stores.postgres.locks import Lock, hold_lock

    with hold_lock(open_engine(settings), Lock.PIPELINE, wait):
        yield

"""The stages of a run. Each stage can be called alone, and is what one task of a flow does.

A stage finds its inputs by their date, returns a summary of one line, and does nothing if its work is already done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class Outcome:
    """What a stage did.

    Attributes:
        summary: one line for people.
        is_skipped: True if the stage had nothing to do.
        details: rows of a table with more than the summary, such as each SQL model with its rows, time and audits.
    """

    summary: str
    is_skipped: bool = False
    details: tuple[dict[str, object], ...] = ()


class Unfinished(Outcome):
    """What a stage did, if the next run has to try a part of its work again."""


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, as in 1 row and 1,234 rows."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def one_pipeline(workplace: "Workplace", wait: timedelta = timedelta(hours=2)) -> Iterator[None]:
    """Holds the lock that lets only one pipeline at a time work on a database.

    Args:
        workplace: where the database is.
        wait: how long to wait until another pipeline ends.

    Raises:
        Busy: another pipeline is at work, and still is after `wait`.
        LockLost: the block wrote after another pipeline had taken the lock. The write was refused.
    """
    from churn.stores.postgres.locks import Lock, hold_lock

    with hold_lock(workplace.engine, Lock.PIPELINE, wait):
        yield

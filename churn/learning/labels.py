"""What "left" means to a model: who leaves within the next 30 days where history tells it, else what the extract says.

Worked example: a folder holds every day from 2026-01-01 to 2026-04-10. On 2026-04-10 the newest day whose 30 days are
over is 2026-03-11; with it 2026-02-09 and 2026-01-10 are learned from: three windows that do not overlap. Of a single
extract nothing has matured; its own label is learned: who left within the month that it covers.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

WINDOW_DAYS = 30
MOST_WINDOWS = 3
FEWEST_MATURED_LEAVERS = 100
"""With fewer, who left before tells more than who has left since; and a base that never changes has none at all."""

LabelKind = Literal["matured", "snapshot"]


@dataclass(frozen=True)
class Labels:
    """What a training learned from; kept with its model.

    Attributes:
        kind: matured (left within 30 days of the date) or snapshot (left within the month the extract covers).
        as_of_dates: the dates of the examples, newest first.
    """

    kind: LabelKind
    as_of_dates: tuple[date, ...]

    def evidence(self) -> dict[str, dict[str, str | list[str]]]:
        """For the ledger, as JSON holds it."""
        return {"labels": {"kind": self.kind, "as_of_dates": [day.isoformat() for day in self.as_of_dates]}}

    def told(self) -> str:
        """In words."""
        if self.kind == "snapshot":
            return "learned from who left within the month of the extract"
        windows = len(self.as_of_dates)
        return f"learned from who left within {WINDOW_DAYS} days, {windows} window{'' if windows == 1 else 's'}"


def find_matured_days(as_of_date: date, snapshots: Collection[date]) -> tuple[date, ...]:
    """Returns the days to learn from on a date, newest first: their windows are over and do not overlap.

    Args:
        as_of_date: what lies after it is not known yet.
        snapshots: dates that have an extract.
    """
    window = timedelta(days=WINDOW_DAYS)
    matured = [
        day for day in sorted(snapshots, reverse=True) if day + window in snapshots and day + window <= as_of_date
    ]
    chosen: list[date] = []
    for day in matured:
        if len(chosen) < MOST_WINDOWS and (not chosen or day + window <= chosen[-1]):
            chosen.append(day)
    return tuple(chosen)

"""Which model scores a past day, and what that score may be called. Pure.

The champion of a day is the last model promoted on examples of that day or before, and decided by the end of the day
after, on which the day is run. Worked example: version 1 is promoted on 2026-02-01 at 00:04 UTC on the examples of
2026-01-31. It is the champion of 2026-01-31 and after; 2026-01-30 had none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from churn.contracts.scores import Basis


@dataclass(frozen=True)
class Reign:
    """A model that became champion: when that was decided, and the day of the examples it was trained on."""

    decided_at: datetime
    as_of_date: date
    model_version: int


@dataclass(frozen=True)
class PastDay:
    """A day that history can hold: what it is made from.

    Attributes:
        basis: replayed (own snapshot, champion of the day), as_if (own snapshot, the first champion there ever was,
            none having been yet) or reconstructed (before the first snapshot, from which it is rewound).
        load_id: the load of its snapshot, or of the first one.
    """

    day: date
    basis: Basis
    model_version: int
    load_id: int


def find_champion_of(day: date, reigns: Sequence[Reign]) -> Reign | None:
    """Returns the champion of a day, or None before the first.

    Args:
        day: the day.
        reigns: every promotion, in the order in which they were decided.
    """
    is_over = datetime.combine(day + timedelta(days=2), time(), UTC)
    ours = [reign for reign in reigns if reign.as_of_date <= day and reign.decided_at < is_over]
    return ours[-1] if ours else None


def plan_history(days: Sequence[date], loads: Mapping[date, int], reigns: Sequence[Reign]) -> list[PastDay]:
    """Returns what each day is to be made from; days after the first snapshot that have none are left out.

    Args:
        days: in order.
        loads: the load of every stored snapshot; at least one.
        reigns: every promotion in order; at least one.
    """
    first_snapshot, first_champion = min(loads), reigns[0]
    planned = []
    for day in days:
        if day < first_snapshot:
            planned.append(PastDay(day, "reconstructed", first_champion.model_version, loads[first_snapshot]))
        elif day in loads:
            champion = find_champion_of(day, reigns)
            basis: Basis = "replayed" if champion else "as_if"
            planned.append(PastDay(day, basis, (champion or first_champion).model_version, loads[day]))
    return planned

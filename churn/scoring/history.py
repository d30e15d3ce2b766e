"""Chooses the model that scores a past day, and the basis of the scores. Pure.

The champion of a day is the last model that was promoted with examples of that day or an earlier day, and before the
end of the following day, when the run of the day takes place. Worked example: version 1 is promoted on 2026-02-01 at
00:04 UTC, with the examples of 2026-01-31. It is the champion of 2026-01-31 and later days; 2026-01-30 had no champion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from churn.contracts.statuses import Basis


@dataclass(frozen=True)
class Reign:
    """A model that became champion: the time of the decision, and the as-of date of its examples."""

    decided_at: datetime
    as_of_date: date
    model_version: int


@dataclass(frozen=True)
class PastDay:
    """A past day that can be scored.

    Attributes:
        basis: replayed (its own snapshot and the champion of the day), as_if (its own snapshot and the first champion
            of all, since the day had no champion) or reconstructed (rewound from the first snapshot, which is later).
        load_id: the load of its snapshot, or of the first snapshot.
    """

    day: date
    basis: Basis
    model_version: int
    load_id: int


def find_champion_of(day: date, reigns: Sequence[Reign]) -> Reign | None:
    """Returns the champion of a day, or None for a day before the first champion.

    Args:
        day: the day.
        reigns: all promotions, in the order of the decisions.
    """
    # Two days on: the run of a day takes place on the following day, which ends at the next midnight UTC.
    is_over = datetime.combine(day + timedelta(days=2), time(), UTC)
    ours = [reign for reign in reigns if reign.as_of_date <= day and reign.decided_at < is_over]
    return ours[-1] if ours else None


def plan_history(days: Sequence[date], loads: Mapping[date, int], reigns: Sequence[Reign]) -> list[PastDay]:
    """Returns model and load for each day. Leaves out days after the first snapshot that have no snapshot.

    Args:
        days: the days, in order.
        loads: the load of each stored snapshot; at least one.
        reigns: all promotions, in order; at least one.
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

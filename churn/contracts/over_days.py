"""The features that say how a declared number developed: its mean, its change, and how long it has not changed.

    over_days = [30, 90]        # at care_calls, in the declaration

gives care_calls_mean_30d, care_calls_change_30d, care_calls_mean_90d, care_calls_change_90d and
care_calls_days_since_change. They come from the stored extracts up to the as-of date only (analytics.declared_changes).

Worked example, weekly extracts with 2, 2, 5 and today 6 care calls, over 30 days: the mean is 3.75, the change is 6 - 2
= 4 (against the oldest extract that is 15 to 30 days old, that of 21 days before), and the days since the last change
are 7, since the extract of 7 days before had another number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["mean", "change", "days_since_change"]
DECIMALS = 6
"""The noise of floats is no change."""

_DERIVED = re.compile(r"^(?P<column>\w+?)_(?:(?P<kind>mean|change)_(?P<days>\d+)d|(?P<since>days_since_change))$")


@dataclass(frozen=True)
class OverDays:
    """A feature of how a declared number developed.

    Attributes:
        column: the name of the declared column.
        days: the length of the time that it looks back on.
    """

    column: str
    kind: Kind
    days: int

    @property
    def name(self) -> str:
        """The name of the feature."""
        return (
            f"{self.column}_{self.kind}"
            if self.kind == "days_since_change"
            else f"{self.column}_{self.kind}_{self.days}d"
        )

    @property
    def label(self) -> str:
        """The feature as people say it."""
        words = self.column.replace("_", " ")
        match self.kind:
            case "mean":
                return f"{words}, mean of {self.days} days"
            case "change":
                return f"{words}, change within {self.days} days"
        return f"days since {words} changed"


def derive(column: str, over_days: Sequence[int]) -> tuple[OverDays, ...]:
    """Returns the features of a declared column."""
    kinds: tuple[Kind, ...] = ("mean", "change")
    changing = [OverDays(column, kind, days) for days in over_days for kind in kinds]
    return (*changing, OverDays(column, "days_since_change", max(over_days))) if over_days else ()


def is_over_days(name: str) -> bool:
    """Returns whether a feature has the name of one that looks back."""
    return _DERIVED.match(name) is not None


def longest_days(names: Iterable[str]) -> int:
    """Returns how many days the features look back on; 0 if none does."""
    found = (_DERIVED.match(name) for name in names)
    return max((int(one["days"]) for one in found if one and one["days"]), default=0)


def find_over_days(names: Iterable[str], declared: Mapping[str, Sequence[int]]) -> tuple[OverDays, ...]:
    """Returns those of the features that look back.

    Args:
        names: names of features.
        declared: the days of each declared column that has some.
    """
    every = {one.name: one for column, days in declared.items() for one in derive(column, days)}
    return tuple(every[name] for name in names if name in every)


def look_back(feature: OverDays, values: Sequence[tuple[int, float | None]]) -> float | None:
    """Returns the value of a feature for one customer: the formula of analytics.declared_changes.

    Args:
        feature: the feature.
        values: (days before the as-of date, value); the one of the date itself has 0 days. None is not known.

    Returns:
        The value; None if it is not known.
    """
    now = next((value for days, value in values if days == 0), None)
    known = [(days, value) for days, value in values if value is not None]
    if feature.kind == "mean":
        within = [value for days, value in known if days < feature.days]
        return round(sum(within) / len(within), DECIMALS) if within else None
    if now is None:
        return None
    if feature.kind == "change":
        old = [(days, value) for days, value in known if 2 * days >= feature.days and 0 < days <= feature.days]
        return round(now - max(old)[1], DECIMALS) if old else None
    return min((float(days) for days, value in known if days <= feature.days and value != now), default=None)

"""Finds label windows: for each as-of date the extract that shows who left within the horizon, from any rhythm.

Worked example with a horizon of 30 days and a tolerance of 7. From month ends, a customer of 2026-01-31 is labelled by
the extract of 2026-02-28: the horizon ends on 2026-03-02, and the extract lies 2 days before it, so the window has 28
days. From daily extracts, 2026-01-01 is labelled by the extract of 2026-01-31, 30 days later.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn.contracts.horizons import LabelRules


@dataclass(frozen=True)
class Window:
    """The labels of an as-of date: which extracts they come from, and when they matured.

    Attributes:
        due_date: the end of the horizon.
        label_date: the extract that shows who left.
        before_date, after_date: the extracts before and after it. A customer who is missing from the extract of
            label_date only, and is in both of these, has not left.
        known_on: the extract with which the labels matured. No training before this date may use them.
        window_days: the days in which the leavers left.
    """

    as_of_date: date
    due_date: date
    label_date: date
    before_date: date
    after_date: date | None
    known_on: date
    window_days: int


def find_windows(snapshots: Sequence[date], rules: LabelRules) -> list[Window]:
    """Returns the window of each as-of date whose labels have matured, in order of date.

    Args:
        snapshots: the dates with an extract, in order.
        rules: how the extracts are labelled.
    """
    found = (_find_window(snapshots, place, rules) for place in range(len(snapshots)))
    return [window for window in found if window is not None]


def _find_window(snapshots: Sequence[date], place: int, rules: LabelRules) -> Window | None:
    as_of_date = snapshots[place]
    due_date = rules.horizon.after(as_of_date)
    chosen = _choose_extract(snapshots, place, due_date, rules)
    if chosen is None:
        return None
    label_date = snapshots[chosen]
    after_date = snapshots[chosen + 1] if chosen + 1 < len(snapshots) else None
    known_on = _find_maturity(snapshots, chosen, due_date)
    if rules.left == "absence":  # Only the next extract shows whether a customer was missing from a single one.
        known_on = None if known_on is None or after_date is None else max(known_on, after_date)
    if known_on is None:
        return None
    # A leaving date says who left within the horizon itself, even if the extract is a later one.
    end = min(label_date, due_date) if rules.left == "date" else label_date
    days = (end - as_of_date).days
    return Window(as_of_date, due_date, label_date, snapshots[chosen - 1], after_date, known_on, days)


def _choose_extract(snapshots: Sequence[date], place: int, due_date: date, rules: LabelRules) -> int | None:
    """Returns the position of the extract nearest to the end of the horizon; of two equally near, the earlier one."""
    tolerance = timedelta(days=rules.tolerance_days)
    first = max(bisect_left(snapshots, due_date - tolerance), place + 1)
    near = range(first, bisect_right(snapshots, due_date + tolerance))
    if rules.left == "date" and (later := [at for at in near if snapshots[at] >= due_date]):
        return later[0]
    return min(near, key=lambda at: abs(snapshots[at] - due_date), default=None)


def _find_maturity(snapshots: Sequence[date], chosen: int, due_date: date) -> date | None:
    """Returns the first extract with which no nearer one can come; None while a nearer one is expected.

    Example: daily extracts end on the 28th, and the horizon ends on the 30th. The extract of the 28th is the nearest,
    but those of the 29th and 30th are still expected. From month ends the next one would lie further from the 30th.
    """
    label_date = snapshots[chosen]
    rhythm = label_date - snapshots[chosen - 1]
    if label_date >= due_date or label_date + rhythm - due_date > due_date - label_date:
        return label_date
    return snapshots[chosen + 1] if chosen + 1 < len(snapshots) else None

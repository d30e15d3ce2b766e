"""Stores the change windows: for each as-of date the extract of about 30 days before, to compare prices with."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.stores.ledgers.loads import find_current_loads
from churn.stores.postgres.tables import change_windows

CHANGE_DAYS = 30
TOLERANCE_DAYS = 7


def find_earlier(snapshots: Sequence[date], as_of_date: date) -> date | None:
    """Returns the extract nearest to 30 days before a date, at most 7 days from it; of two equally near, the earlier.

    Example: from month ends, 2026-02-28 is compared with 2026-01-31, which is 28 days before.

    Args:
        snapshots: the dates with an extract, in order.
        as_of_date: the date of the features.
    """
    due_date, tolerance = as_of_date - timedelta(days=CHANGE_DAYS), timedelta(days=TOLERANCE_DAYS)
    near = snapshots[bisect_left(snapshots, due_date - tolerance) : bisect_right(snapshots, due_date + tolerance)]
    return min(near, key=lambda day: abs(day - due_date), default=None)


def refresh_changes(engine: Engine) -> None:
    """Brings the stored windows up to date with the current loads. They are few, so all of them are written."""
    snapshots = [load.snapshot_date for load in find_current_loads(engine)]
    found = {day: find_earlier(snapshots, day) for day in snapshots}
    rows = [{"as_of_date": day, "earlier_date": earlier} for day, earlier in found.items() if earlier is not None]
    with engine.begin() as connection:
        connection.execute(sa.delete(change_windows))
        if rows:
            connection.execute(sa.insert(change_windows), rows)

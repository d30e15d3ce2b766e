"""Stores the windows of the days before each as-of date.

The change windows have the extract of about 30 days before, to compare prices with; the history windows have every
extract that a declared column with over_days looks back on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.stores.ledgers.loads import find_current_loads
from churn.stores.postgres.tables import change_windows, history_windows

CHANGE_DAYS = 30
TOLERANCE_DAYS = 7
EarlierValues: TypeAlias = dict[str, dict[str, list[tuple[int, float | None]]]]
"""Of each customer and column the values of earlier dates: (days before, value)."""


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


@dataclass(frozen=True)
class EarlierPrice:
    """What a customer paid on an earlier date, in USD a month; price_above_list_usd is None without a list price."""

    monthly_charges: float | None
    price_above_list_usd: float | None

    def change_until(self, monthly_charges: float | None, price_above_list_usd: float | None) -> float | None:
        """Returns how much more the customer pays now: the formula of analytics.price_changes."""
        pairs = ((price_above_list_usd, self.price_above_list_usd), (monthly_charges, self.monthly_charges))
        changes = (now - then for now, then in pairs if now is not None and then is not None)
        # Without the noise of floats, as in SQL: 5.9999999999999964 is 6, and a price that did not change is 0.
        return next((round(change, 6) for change in changes), None)


def read_earlier_prices(
    engine: Engine, as_of_date: date, customer_ids: Sequence[str]
) -> dict[str, EarlierPrice] | None:
    """Returns what customers paid about 30 days before a date; None if there is no extract of then.

    A customer who was not in that extract is left out.
    """
    earlier = find_earlier([load.snapshot_date for load in find_current_loads(engine)], as_of_date)
    if earlier is None:
        return None
    query = sa.text("""
        SELECT customer_id, monthly_charges, price_above_list_usd FROM analytics.fct_customer_features
        WHERE as_of_date = :earlier AND customer_id = ANY(:customers)
    """)
    with engine.connect() as connection:
        rows = connection.execute(query, {"earlier": earlier, "customers": list(customer_ids)})
        return {customer_id: EarlierPrice(charges, above) for customer_id, charges, above in rows}


def refresh_changes(engine: Engine, longest_days: int = 0) -> None:
    """Brings the stored windows up to date with the current loads.

    Args:
        engine: the engine of the database.
        longest_days: how many days the declared columns look back on; 0: none does.
    """
    snapshots = [load.snapshot_date for load in find_current_loads(engine)]
    found = {day: find_earlier(snapshots, day) for day in snapshots}
    _store(engine, change_windows, [(day, earlier) for day, earlier in found.items() if earlier is not None])
    _store(engine, history_windows, pair_days(snapshots, longest_days))


def pair_days(snapshots: Sequence[date], longest_days: int) -> list[tuple[date, date]]:
    """Returns each date with every extract that it looks back on, the date itself too; none for 0 days."""
    if not longest_days:
        return []
    return [
        (day, earlier)
        for place, day in enumerate(snapshots)
        for earlier in snapshots[bisect_left(snapshots, day - timedelta(days=longest_days)) : place + 1]
    ]


def _store(engine: Engine, table: sa.Table, pairs: Sequence[tuple[date, date]]) -> None:
    """Makes the windows those of the table. Most days change none of them, and then nothing is written."""
    with engine.begin() as connection:
        stored = {
            (day, earlier) for day, earlier in connection.execute(sa.select(table.c.as_of_date, table.c.earlier_date))
        }
        if stored == set(pairs):
            return
        connection.execute(sa.delete(table))
        if pairs:
            rows = [{"as_of_date": day, "earlier_date": earlier} for day, earlier in pairs]
            connection.execute(sa.insert(table), rows)


def read_earlier_values(
    engine: Engine, as_of_date: date, customer_ids: Sequence[str], columns: Sequence[str], longest_days: int
) -> EarlierValues:
    """Returns of each customer and column the stored values of earlier dates, with the days before the date.

    A customer without earlier extracts is left out.
    """
    days = [load.snapshot_date for load in find_current_loads(engine)]
    first = as_of_date - timedelta(days=longest_days)
    chosen = ", ".join(f'"{name}"' for name in columns)
    query = sa.text(f"""
        SELECT customer_id, as_of_date, {chosen} FROM analytics.fct_customer_features
        WHERE as_of_date = ANY(:days) AND customer_id = ANY(:customers)
    """)
    asked = {"days": [day for day in days if first <= day < as_of_date], "customers": list(customer_ids)}
    found: EarlierValues = {}
    with engine.connect() as connection:
        for customer_id, day, *values in connection.execute(query, asked):
            own = found.setdefault(customer_id, {name: [] for name in columns})
            for name, value in zip(columns, values, strict=True):
                own[name].append(((as_of_date - day).days, value))
    return found

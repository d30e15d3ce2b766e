"""Stores the change windows: for each as-of date the extract of about 30 days before, to compare prices with."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
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


def refresh_changes(engine: Engine) -> None:
    """Brings the stored windows up to date with the current loads. They are few, so all of them are written."""
    snapshots = [load.snapshot_date for load in find_current_loads(engine)]
    found = {day: find_earlier(snapshots, day) for day in snapshots}
    rows = [{"as_of_date": day, "earlier_date": earlier} for day, earlier in found.items() if earlier is not None]
    with engine.begin() as connection:
        connection.execute(sa.delete(change_windows))
        if rows:
            connection.execute(sa.insert(change_windows), rows)

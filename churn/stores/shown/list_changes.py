"""Reads who is new on the action list of a date, and who is gone from it, compared with an earlier date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.stores.shown import Row


@dataclass(frozen=True)
class Moved:
    """How many customers are on the list of the later date only, and on that of the earlier date only."""

    new_count: int
    gone_count: int


_MOVED = """
    SELECT
        count(*) FILTER (WHERE earlier.customer_id IS NULL) AS new_count,
        count(*) FILTER (WHERE later.customer_id IS NULL) AS gone_count
    FROM (SELECT customer_id FROM reporting.action_list WHERE prediction_date = :day) AS later
    FULL JOIN (SELECT customer_id FROM reporting.action_list WHERE prediction_date = :before) AS earlier
        USING (customer_id)
"""
_NEW = """
    SELECT later.call_rank, later.customer_id, scores.churn_probability AS probability_before,
        later.churn_probability, CAST(later.expected_profit_usd AS float8) AS expected_profit_usd, later.reasons
    FROM reporting.action_list AS later
    LEFT JOIN reporting.customer_scores AS scores
        ON scores.prediction_date = :before AND scores.customer_id = later.customer_id
    WHERE later.prediction_date = :day AND NOT EXISTS (
        SELECT 1 FROM reporting.action_list AS earlier
        WHERE earlier.prediction_date = :before AND earlier.customer_id = later.customer_id)
    ORDER BY later.call_rank LIMIT :limit
"""


def count_moved(connection: Connection, day: date, before: date) -> Moved:
    """Counts who is new on the list of a date and who is gone from it."""
    return Moved(**connection.execute(sa.text(_MOVED), {"day": day, "before": before}).mappings().one())


def read_new(connection: Connection, day: date, before: date, limit: int) -> list[Row]:
    """Returns the first customers who are new on the list, with their probability on both dates."""
    parameters = {"day": day, "before": before, "limit": limit}
    return [dict(row) for row in connection.execute(sa.text(_NEW), parameters).mappings()]


_LISTED = """
    SELECT customer_id FROM reporting.action_list
    WHERE prediction_date = :day AND customer_id = ANY(:customers)
"""
_CONTACTS = """
    SELECT customer_id, campaign_id, sent_on, last_event, occurred_at FROM reporting.last_contacts
    WHERE customer_id = ANY(:customers)
"""


def find_listed(connection: Connection, day: date, customers: Sequence[str]) -> frozenset[str]:
    """Returns those of some customers who are on the list of a date."""
    return frozenset(connection.scalars(sa.text(_LISTED), {"day": day, "customers": list(customers)}))


def read_last_contacts(connection: Connection, customers: Sequence[str]) -> dict[str, Row]:
    """Returns the last contact of each of some customers who had one, by customer number."""
    # A home that was upgraded has this view from its next run on.
    if connection.scalar(sa.text("SELECT to_regclass('reporting.last_contacts')")) is None:
        return {}
    rows = connection.execute(sa.text(_CONTACTS), {"customers": list(customers)}).mappings()
    return {row["customer_id"]: dict(row) for row in rows}

"""Reads why customers left and would leave, from `reporting`. Every function takes a reader's connection."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.stores.shown import Row

_STATED = """
    SELECT as_of_date, reason_group, reason, leavers_count, leavers_share, verdict, log_loss, shares_log_loss, gain,
        gain_low, gain_high, model_version
    FROM reporting.leaving_reasons WHERE is_newest
    ORDER BY sum(leavers_count) OVER (PARTITION BY reason_group) DESC, reason_group, leavers_count DESC, reason
"""
_CUSTOMER = """
    SELECT likely_reason, reason_groups, reason_probabilities, reason_version FROM reporting.customer_reasons
    WHERE prediction_date = :day AND customer_id = :customer
"""


def read_stated_reasons(connection: Connection) -> list[Row]:
    """Returns the reasons that leavers stated by the newest attempt, the most frequent group first."""
    return [dict(row) for row in connection.execute(sa.text(_STATED)).mappings()]


def read_customer_reason(connection: Connection, prediction_date: date, customer_id: str) -> Row | None:
    """Returns why a customer would leave; None if the date has no model of reasons, or the customer has left."""
    found = connection.execute(sa.text(_CUSTOMER), {"day": prediction_date, "customer": customer_id})
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)

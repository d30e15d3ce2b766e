"""Reads how published scores did once their horizon had passed."""

from dataclasses import fields
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.contracts.performance import Performance
from churn.stores.shown import Row

_COLUMNS = ", ".join(field.name for field in fields(Performance))
_MATURED = f"SELECT {_COLUMNS} FROM reporting.performance_daily ORDER BY prediction_date"


def read_performance(connection: Connection) -> list[Performance]:
    """Returns every published date whose labels have matured, in order of date."""
    # A home whose SQL models were never deployed has no such view, and no published date.
    if connection.scalar(sa.text("SELECT to_regclass('reporting.performance_daily')")) is None:
        return []
    return [Performance(**row) for row in connection.execute(sa.text(_MATURED)).mappings()]


_GROUPS = """
    SELECT dimension, value, customers_count, actual_leavers, expected_leavers, expected_leavers_low,
        expected_leavers_high, actual_share, expected_share, actual_loss_usd, expected_loss_usd
    FROM reporting.performance_by_group WHERE prediction_date = :day ORDER BY dimension, value
"""


def read_groups(connection: Connection, prediction_date: date) -> list[Row]:
    """Returns who was expected to leave and who left, by tenth, tier, list and segment of a matured date."""
    return [dict(row) for row in connection.execute(sa.text(_GROUPS), {"day": prediction_date}).mappings()]

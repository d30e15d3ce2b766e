"""Reads how published scores did once their horizon had passed."""

from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.contracts.performance import Performance

_COLUMNS = ", ".join(field.name for field in fields(Performance))
_MATURED = f"SELECT {_COLUMNS} FROM reporting.performance_daily ORDER BY prediction_date"


def read_performance(connection: Connection) -> list[Performance]:
    """Returns every published date whose labels have matured, in order of date."""
    # A home whose SQL models were never deployed has no such view, and no published date.
    if connection.scalar(sa.text("SELECT to_regclass('reporting.performance_daily')")) is None:
        return []
    return [Performance(**row) for row in connection.execute(sa.text(_MATURED)).mappings()]

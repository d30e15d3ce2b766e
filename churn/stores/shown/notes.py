"""Reads what happened on days, as people wrote it down."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.stores.shown import Row

_NOTES = """
    SELECT on_date, text FROM reporting.notes WHERE on_date BETWEEN :first AND :last ORDER BY on_date, note_key
"""


def read_notes(connection: Connection, first: date, last: date) -> list[Row]:
    """Returns the notes of a range of days, the earliest first."""
    # A home that was upgraded has this view from its next run on.
    if connection.scalar(sa.text("SELECT to_regclass('reporting.notes')")) is None:
        return []
    return [dict(row) for row in connection.execute(sa.text(_NOTES), {"first": first, "last": last}).mappings()]

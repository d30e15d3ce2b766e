"""Reads which segments of a published date rose, and how many dates are watched."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.contracts.spikes import Spike

_SPIKES = "SELECT * FROM analytics.segment_spikes WHERE prediction_date = :day ORDER BY spike_rank"


def read_spikes(connection: Connection, day: date) -> list[Spike]:
    """Returns the segments that rose, the largest money first."""
    return [
        Spike(
            segment=tuple(
                (row[column], row[word])
                for column, word in (("first_column", "first_word"), ("second_column", "second_word"))
                if row[column] is not None
            ),
            since=row["since_date"],
            customers=row["customers_count"],
            rise=row["rise"],
            expected_leavers=row["expected_leavers"],
            usd=row["added_loss_usd"],
            p_value=row["p_value"],
        )
        for row in connection.execute(sa.text(_SPIKES), {"day": day}).mappings()
    ]


_STEPS = """
    SELECT count(*) FROM (
        SELECT model_version = lag(model_version) OVER (ORDER BY prediction_date) AS is_same
        FROM reporting.publication_history
        WHERE status = 'published' AND prediction_date BETWEEN CAST(:day AS date) - 90 AND :day
    ) AS steps WHERE is_same
"""


def count_steps(connection: Connection, day: date) -> int:
    """Returns the steps between the published dates of the last 90 days that one model scored."""
    return int(connection.scalar(sa.text(_STEPS), {"day": day}) or 0)

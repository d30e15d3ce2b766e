"""Reads why the score of a customer moved."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.contracts.moves import ScoreMove, pair_parts

_MOVES = """
    SELECT days, earlier_date, probability_before, probability_after, words, log_odds FROM analytics.score_moves
    WHERE prediction_date = :day AND customer_id = :customer ORDER BY days
"""


def read_moves(connection: Connection, customer_id: str, day: date) -> list[ScoreMove]:
    """Returns the stored moves of a customer on a date; empty if none is stored."""
    rows = connection.execute(sa.text(_MOVES), {"day": day, "customer": customer_id}).mappings()
    return [
        ScoreMove(
            row["days"], row["earlier_date"], row["probability_before"], row["probability_after"],
            pair_parts(row["words"], row["log_odds"]),
        )
        for row in rows
    ]  # fmt: skip

"""Why the score of a customer moved: what is stored, or what is computed now."""

import contextlib
from datetime import date

from churn.api.following import Follower
from churn.api.problems import Problem
from churn.contracts.moves import ScoreMove
from churn.errors import ChurnError
from churn.stages.moves import explain_customer
from churn.stores.postgres.readers import reading
from churn.stores.shown import Row
from churn.stores.shown.moves import read_moves


def find_moves(follower: Follower, customer_id: str, day: date) -> list[Row]:
    """Returns the moves of a customer; empty without an earlier date, or if a model of one of the dates is lost.

    Raises:
        Unavailable: the database did not answer.
    """
    with reading(follower.settings) as connection:
        moves = read_moves(connection, customer_id, day)
    if not moves:
        with contextlib.suppress(ChurnError, Problem):  # The published score is the answer; this is an addition.
            moves = explain_customer(
                follower.workplace(), customer_id, day, lambda version: follower.require(version).scorer
            )
    return [_as_row(move) for move in moves]


def _as_row(move: ScoreMove) -> Row:
    return {
        "days": move.days,
        "earlier_date": move.earlier_date.isoformat(),
        "probability_before": move.probability_before,
        "probability_after": move.probability_after,
        "parts": [{"what": part.what, "log_odds": round(part.log_odds, 6)} for part in move.parts],
    }

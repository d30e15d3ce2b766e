"""Explains why the scores of single customers moved since yesterday, a week and a month ago."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from churn.contracts.moves import WINDOWS, ScoreMove, pair_parts
from churn.errors import ModelRefused, NotThere, RegistryDown
from churn.scoring.scores import Scorer
from churn.stages.scoring import make_scorer
from churn.stores.ledgers.publications import require_published
from churn.stores.rows import moved
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    import polars as pl

    from churn.stores.ledgers.publications import Publication

FindScorer = Callable[[int], Scorer]
"""Returns a model version that is ready to score."""


def store_moves(workplace: Workplace, day: "Publication") -> None:
    """Stores the moves of the customers of the list and of those whose tier changed. Without a model file: none."""
    engine, find = workplace.engine, _remember(workplace)
    earlier = moved.find_earlier(engine, day.prediction_date, WINDOWS[0])
    customers = moved.find_watched(engine, day, earlier.prediction_date if earlier else day.prediction_date)
    moves = _explain(workplace, day, customers, find)
    with engine.begin() as connection:
        moved.replace_moves(connection, day.prediction_date, moves)


def explain_customer(
    workplace: Workplace, customer_id: str, day: date | None = None, find: FindScorer | None = None
) -> list[ScoreMove]:
    """Returns why the score of a customer moved, computed now; empty without an earlier date that has the customer.

    Args:
        workplace: the settings and the database.
        customer_id: the customer number.
        day: the date (default: the latest published one).
        find: where to take models from (default: the registry).

    Raises:
        NotPublished: the date is not published.
    """
    publication = require_published(workplace.engine, day)
    found = _explain(workplace, publication, [customer_id], find or _remember(workplace))
    return [_as_move(days, earlier, row) for days, earlier, frame in found for row in frame.iter_rows(named=True)]


def _as_move(days: int, earlier: date, row: Mapping[str, Any]) -> ScoreMove:
    parts = pair_parts(row["words"], row["log_odds"])
    return ScoreMove(days, earlier, row["probability_before"], row["probability_after"], parts)


def _remember(workplace: Workplace) -> FindScorer:
    """Returns what loads each model version once."""
    return lru_cache(maxsize=None)(lambda version: make_scorer(workplace, version))


def _explain(
    workplace: Workplace, day: "Publication", customers: Sequence[str], find: FindScorer
) -> "list[tuple[int, date, pl.DataFrame]]":
    from churn.scoring.moves import explain_moves

    engine, moves = workplace.engine, []
    for days in WINDOWS:
        earlier = moved.find_earlier(engine, day.prediction_date, days)
        if earlier is None or not customers:
            continue
        try:
            first, second = find(earlier.model_version), find(day.model_version)
        except (NotThere, ModelRefused, RegistryDown):  # The parts need both models.
            continue
        names = tuple(dict.fromkeys([*first.wording.features, *second.wording.features]))
        then, now = (moved.read_some_features(engine, one.prediction_date, names, customers) for one in (earlier, day))
        seen = moved.read_seen(engine, earlier.prediction_date, day.prediction_date, customers)
        moves.append((days, earlier.prediction_date, explain_moves(then, now, seen, first, second)))
    return moves

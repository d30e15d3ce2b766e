"""Compares two published dates: which customers changed tier, and why."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.scoring.comparison import take_apart
from churn.scoring.scores import Scorer
from churn.stages.scoring import make_scorer
from churn.stages.tiering import stream_days
from churn.stores.ledgers import publications
from churn.stores.ledgers.publications import Publication
from churn.stores.shown.exports import read_export
from churn.stores.shown.versions import Version
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Comparison:
    """What changed between two published dates.

    Attributes:
        first: the publication of the first date.
        second: the publication of the second date.
        moves: one row per customer who is in both dates, as `take_apart` returns them.
        joined_count: the number of customers who are only in the second date.
        gone_count: the number of customers who are only in the first date.
    """

    first: Publication
    second: Publication
    moves: pl.DataFrame
    joined_count: int
    gone_count: int


def compare(workplace: Workplace, first_date: date, second_date: date) -> Comparison:
    """Compares the scores of two published dates.

    Raises:
        NotPublished: one of the dates is not published.
        NotThere: the registry no longer has the model of one of the dates.
    """
    first, second = (publications.require_published(workplace.engine, day) for day in (first_date, second_date))
    by_first, by_second = (make_scorer(workplace, publication.model_version) for publication in (first, second))
    # The stored scores alone cannot separate three causes: new features, a new model and a corrected extract. So the
    # stored features are scored again: each date with its own model, and the second date with the first date's model.
    then, now = _read_stored(workplace.engine, first, "first"), _read_stored(workplace.engine, second, "second")
    steps = then.join(now, on="customer_id")
    for name, scorer, day in (
        ("first_now", by_first, first_date),
        ("second_by_first_model", by_first, second_date),
        ("second_now", by_second, second_date),
    ):
        steps = steps.join(_score_again(workplace.engine, scorer, day, name), on="customer_id")
    # The joins keep only customers of both dates: whoever is in one only is counted, and has no move.
    both = steps.height
    return Comparison(first, second, take_apart(steps), now.height - both, then.height - both)


def _read_stored(engine: "Engine", publication: Publication, which: str) -> pl.DataFrame:
    columns = (
        pl.col("customer_id"),
        pl.col("churn_probability").alias(f"stored_{which}"),
        pl.col("risk_tier").alias(f"tier_{which}"),
    )
    return pl.concat(batch.select(columns) for batch in read_export(engine, "predictions", Version(publication)))


def _score_again(engine: "Engine", scorer: Scorer, day: date, name: str) -> pl.DataFrame:
    columns = (pl.col("customer_id"), pl.col("churn_probability").alias(name))
    return pl.concat(
        batch.select(columns) for batch in stream_days(engine, day, day, scorer.wording.features, scorer.predict)
    )

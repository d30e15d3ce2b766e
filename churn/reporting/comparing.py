"""Two published dates held side by side: who moved tier, and why."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.scoring.comparison import take_apart
from churn.scoring.scores import Scorer
from churn.settings import Settings
from churn.stages.scoring import make_scorer, score_days
from churn.stores.ledgers import publications
from churn.stores.ledgers.publications import Publication
from churn.stores.postgres.database import open_engine
from churn.stores.shown.exports import read_export

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Comparison:
    """What changed between two dates.

    Attributes:
        moves: one row per customer of both dates, as `take_apart` returns them.
        joined_count: customers of the second date only.
        gone_count: customers of the first date only.
    """

    first: Publication
    second: Publication
    moves: pl.DataFrame
    joined_count: int
    gone_count: int


def compare(settings: Settings, first_date: date, second_date: date) -> Comparison:
    """Compares the scores of two published dates.

    Raises:
        NotPublished: readers do not see one of them.
        NotThere: the registry lost its model.
    """
    engine = open_engine(settings)
    first, second = (publications.require_published(engine, day) for day in (first_date, second_date))
    by_first, by_second = (make_scorer(settings, one.model_version) for one in (first, second))
    then, now = _stored(engine, first, "first"), _stored(engine, second, "second")
    steps = then.join(now, on="customer_id")
    for name, scorer, day in (
        ("first_now", by_first, first_date),
        ("second_by_first_model", by_first, second_date),
        ("second_now", by_second, second_date),
    ):
        steps = steps.join(_scored(engine, scorer, day, name), on="customer_id")
    both = steps.height
    return Comparison(first, second, take_apart(steps), now.height - both, then.height - both)


def _stored(engine: "Engine", publication: Publication, which: str) -> pl.DataFrame:
    needed = (
        pl.col("customer_id"),
        pl.col("churn_probability").alias(f"stored_{which}"),
        pl.col("risk_tier").alias(f"tier_{which}"),
    )
    return pl.concat(batch.select(needed) for batch in read_export(engine, "predictions", publication.prediction_date))


def _scored(engine: "Engine", scorer: Scorer, day: date, name: str) -> pl.DataFrame:
    needed = (pl.col("customer_id"), pl.col("churn_probability").alias(name))
    return pl.concat(batch.select(needed) for batch in score_days(engine, scorer, day, day))

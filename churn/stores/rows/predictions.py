"""Scores of a date, into Postgres: staged in one transaction, shown by one status change. Nothing here decides."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.errors import AuditFailed
from churn.stores.ledgers.publications import Publication
from churn.stores.ledgers.revisions import keep_scores_aside, record_revisions
from churn.stores.postgres.copying import copy_in
from churn.stores.postgres.tables import predictions, publications
from churn.stores.rows.torn_days import find_tears, refuse_torn


def stage_predictions(
    engine: Engine, wanted: Sequence[Publication], scores: Iterator[pl.DataFrame]
) -> list[Publication]:
    """Replaces the predictions of dates and marks them staged: readers do not see them until they are published.

    Args:
        engine: the database.
        wanted: what the scores are made from, by date; one model and one basis. Its customers_count is filled in here.
        scores: batches that satisfy `CustomerScores`, and their prediction_date.

    Returns:
        The publications as stored.

    Raises:
        AuditFailed: an eligible customer was neither scored nor refused; nothing was written.
    """
    days = [one.prediction_date for one in wanted]
    scored = dict.fromkeys(days, 0)
    with engine.begin() as connection:
        revised = keep_scores_aside(connection, days)
        connection.execute(sa.delete(predictions).where(predictions.c.prediction_date.in_(days)))
        for batch in scores:
            copy_in(connection, predictions, batch.with_columns(_constants(wanted[0])))
            for day, count in batch.group_by("prediction_date").len().iter_rows():
                scored[day] += count
        stored = [
            replace(one, status="staged", published_at=None, customers_count=scored[one.prediction_date])
            for one in wanted
        ]
        _check_coverage(stored)
        connection.execute(sa.delete(publications).where(publications.c.prediction_date.in_(days)))
        connection.execute(sa.insert(publications), [asdict(one) for one in stored])
        record_revisions(connection, revised)
        # The join that follows is planned at once: without it Postgres takes new dates for empty and loops for hours.
        connection.execute(sa.text("ANALYZE analytics.predictions"))
    return stored


def count_predictions(engine: Engine, prediction_date: date) -> int:
    """Returns how many scores of a date are stored."""
    query = sa.select(sa.func.count()).where(predictions.c.prediction_date == prediction_date)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def count_unseen_plans(engine: Engine, prediction_date: date) -> int:
    """Returns how many predictions of a date are of plans that the model's training examples did not hold."""
    chosen = (predictions.c.prediction_date == prediction_date) & predictions.c.has_unseen_plan
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(chosen)).scalar_one())


def _constants(publication: Publication) -> list[pl.Expr]:
    """Columns that are the same in every row; the moment as text, so that it is not rendered a million times."""
    return [
        pl.lit(publication.model_name).alias("model_name"),
        pl.lit(publication.model_version).alias("model_version"),
        pl.lit(publication.basis).alias("basis"),
        pl.lit(publication.staged_at.isoformat()).alias("scored_at"),
        pl.lit(publication.run_id).alias("run_id"),
    ]


def _check_coverage(stored: Sequence[Publication]) -> None:
    """Eligible customers are those scored and those refused with a reason: nobody is lost on the way."""
    for one in stored:
        missing = one.eligible_count - one.refused_count - one.customers_count
        if missing:
            query = f"SELECT * FROM ops.publications WHERE prediction_date = '{one.prediction_date}'"
            raise AuditFailed("eligible_is_scored_and_refused", "analytics.predictions", abs(missing), query)


def publish(engine: Engine, prediction_dates: Sequence[date], published_at: datetime) -> None:
    """Shows audited dates to readers: one status change, made only if every published view then holds the scores.

    Raises:
        AuditFailed: a view would not hold what was scored; nothing is shown.
    """
    shown = sa.update(publications).where(publications.c.prediction_date.in_(prediction_dates))
    with engine.begin() as connection:
        connection.execute(shown.values(status="published", published_at=published_at))
        # In the same transaction: the views see the new status, readers do not until it is committed.
        refuse_torn(find_tears(connection, prediction_dates))

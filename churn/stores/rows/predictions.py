"""Stores scores: stages them in one transaction, and publishes them with one change of their status."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.economics.tiers import Tiers
from churn.errors import AuditFailed
from churn.stores.ledgers.promotions import find_ranges
from churn.stores.ledgers.publications import Publication
from churn.stores.ledgers.revisions import keep_scores_aside, record_revisions
from churn.stores.ledgers.withdrawals import refuse_held
from churn.stores.postgres.copying import copy_in
from churn.stores.postgres.seen import keep_seen
from churn.stores.postgres.tables import predictions, publications, risk_tiers
from churn.stores.rows.out_of_range import replace_out_of_range
from churn.stores.rows.torn_days import find_tears, refuse_torn

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.scores import CustomerScores


def stage_predictions(
    engine: Engine,
    planned: Sequence[Publication],
    scores: Iterator["DataFrame[CustomerScores]"],
    tiers: Mapping[date, Tiers],
) -> list[Publication]:
    """Replaces the predictions of dates and marks them as staged. Readers see them only when they are published.

    Args:
        engine: the engine of the database.
        planned: the publication of each date, all with one model and one basis. This function sets customers_count.
        scores: batches that satisfy `CustomerScores`, with the column prediction_date.
        tiers: the tiers of each date, which the scores follow.

    Returns:
        The stored publications.

    Raises:
        AuditFailed: a customer was neither scored nor rejected. No score was stored.
    """
    days = [publication.prediction_date for publication in planned]
    ranges = find_ranges(engine, planned[0].model_version)
    # One transaction from the first deleted score to the last new one: readers of a staged day see all or none of it.
    with engine.begin() as connection:
        # First: the ledger of revisions compares the old scores with the new ones, and the next statement deletes them.
        keep_seen(connection, days, planned[0].run_id)
        revised = keep_scores_aside(connection, days)
        # The scores come from a generator: customers are scored while their batches are copied, so that memory stays
        # flat.
        scored = _replace_scores(connection, days, scores, _constants(planned[0]))
        stored = [
            replace(item, status="staged", published_at=None, customers_count=scored[item.prediction_date])
            for item in planned
        ]
        # Within the transaction: an error takes the copied scores back.
        _check_coverage(stored)
        _replace_publications(connection, days, stored)
        _store_tiers(connection, days, tiers)
        replace_out_of_range(connection, days, ranges)
        record_revisions(connection, revised)
        # The SQL models join these rows at once. Without statistics Postgres assumes that a new date has no rows, and
        # chooses nested loops that run for hours.
        connection.execute(sa.text("ANALYZE analytics.predictions"))
    return stored


def _replace_scores(
    connection: Connection,
    days: Sequence[date],
    scores: Iterator["DataFrame[CustomerScores]"],
    constants: list[pl.Expr],
) -> dict[date, int]:
    """Copies the batches in the place of the stored scores of dates. Returns the number of scores of each date."""
    connection.execute(sa.delete(predictions).where(predictions.c.prediction_date.in_(days)))
    scored = dict.fromkeys(days, 0)
    for batch in scores:
        copy_in(connection, predictions, batch.with_columns(constants))
        for day, count in batch.group_by("prediction_date").len().iter_rows():
            scored[day] += count
    return scored


def _replace_publications(connection: Connection, days: Sequence[date], stored: Sequence[Publication]) -> None:
    connection.execute(sa.delete(publications).where(publications.c.prediction_date.in_(days)))
    connection.execute(sa.insert(publications), [asdict(item) for item in stored])


def _store_tiers(connection: Connection, days: Sequence[date], tiers: Mapping[date, Tiers]) -> None:
    """Replaces the tiers of dates: SQL reads the bounds from these rows, so that history keeps its own."""
    connection.execute(sa.delete(risk_tiers).where(risk_tiers.c.prediction_date.in_(days)))
    rows = [{"prediction_date": day, **tier._asdict()} for day in days for tier in tiers[day].rows()]
    connection.execute(sa.insert(risk_tiers), rows)


def count_predictions(engine: Engine, prediction_date: date) -> int:
    """Returns the number of stored scores of a date."""
    query = sa.select(sa.func.count()).where(predictions.c.prediction_date == prediction_date)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def count_at_risk(engine: Engine, prediction_date: date) -> tuple[int, int]:
    """Returns the number of active customers of a date, and how many of them are in tier High or Medium."""
    at_risk = sa.func.count().filter(predictions.c.at_risk_flag)
    chosen = (predictions.c.prediction_date == prediction_date) & predictions.c.is_active
    with engine.connect() as connection:
        active, flagged = connection.execute(sa.select(sa.func.count(), at_risk).where(chosen)).one()
    return int(active), int(flagged)


def count_unseen_plans(engine: Engine, prediction_date: date) -> int:
    """Returns the number of customers of a date with a tariff that the training examples did not have."""
    chosen = (predictions.c.prediction_date == prediction_date) & predictions.c.has_unseen_plan
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(chosen)).scalar_one())


def _constants(publication: Publication) -> list[pl.Expr]:
    """Returns the columns with the same value in every row. The time is text, so that it is formatted only once."""
    return [
        pl.lit(publication.model_name).alias("model_name"),
        pl.lit(publication.model_version).alias("model_version"),
        pl.lit(publication.basis).alias("basis"),
        pl.lit(publication.staged_at.isoformat()).alias("scored_at"),
        pl.lit(publication.run_id).alias("run_id"),
    ]


def _check_coverage(stored: Sequence[Publication]) -> None:
    """Checks that every customer of the extract was either scored or rejected."""
    for item in stored:
        missing = item.eligible_count - item.refused_count - item.customers_count
        if missing:
            query = f"SELECT * FROM ops.publications WHERE prediction_date = '{item.prediction_date}'"
            raise AuditFailed("eligible_is_scored_and_refused", "analytics.predictions", abs(missing), query)


def publish(engine: Engine, prediction_dates: Sequence[date], published_at: datetime) -> None:
    """Publishes audited dates with one change of their status, if every published view then matches the scores.

    Raises:
        AuditFailed: a view would not match the scores. No date is published.
        DayWithdrawn: a person withdrew one of the dates meanwhile. No date is published.
    """
    shown = sa.update(publications).where(publications.c.prediction_date.in_(prediction_dates))
    with engine.begin() as connection:
        connection.execute(shown.values(status="published", published_at=published_at))
        refuse_held(connection, prediction_dates)  # After the update, which waits for a withdrawal that is at work.
        # In the same transaction: this connection sees the new status already, readers see it only after the commit.
        refuse_torn(find_tears(connection, prediction_dates))

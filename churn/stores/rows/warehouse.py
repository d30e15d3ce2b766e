"""What the product keeps in Postgres of scores: features out, predictions in, publication, gate decisions.

Every write is one transaction that replaces a date as a whole. Nothing here decides; it keeps and gives back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.features import FEATURES
from churn.errors import AuditFailed, NotThere
from churn.stores.ledgers.revisions import keep_scores_aside, record_revisions
from churn.stores.postgres.database import copy_in, read_batches
from churn.stores.postgres.tables import predictions, publications
from churn.stores.rows.torn_days import find_tears, refuse_torn


@dataclass(frozen=True)
class Publication:
    """A scored date and what it was made from.

    Attributes:
        customers_count: customers scored.
        eligible_count: customers who should have been: those scored, and those refused with a reason.
        refused_count: rows the load set aside.
        published_at: None while readers do not see it.
    """

    prediction_date: date
    status: str
    basis: str
    customers_count: int
    eligible_count: int
    refused_count: int
    load_id: int
    source_sha256: str
    transforms_version: str
    model_name: str
    model_version: int
    run_id: str
    staged_at: datetime
    published_at: datetime | None

    def inputs(self) -> tuple[object, ...]:
        """What decides the scores: the same inputs give the same scores."""
        return self.load_id, self.transforms_version, self.basis, self.model_name, self.model_version


# --- features and predictions ------------------------------------------------------------------------------------


def read_features(engine: Engine, as_of_date: date) -> Iterator[pl.DataFrame]:
    """Yields as_of_date, customer_id, has_churned, plan and every model feature (float64) of a date, by customer.

    Raises:
        NotThere: the date has no features.
    """
    for batch in _read_labelled(engine, as_of_date, "has_churned"):
        if batch.is_empty():
            raise NotThere(f"There are no features of {as_of_date}.", "load the extract of that date with `churn run`.")
        yield batch


def read_matured(engine: Engine, as_of_date: date) -> Iterator[pl.DataFrame]:
    """Yields the same of who was a customer on a date, has_churned saying who left within the 30 days after it."""
    matured = "JOIN analytics.training_examples AS examples USING (as_of_date, customer_id)"
    yield from _read_labelled(engine, as_of_date, "left_within_30_days", matured)


def _read_labelled(engine: Engine, as_of_date: date, label: str, join: str = "") -> Iterator[pl.DataFrame]:
    columns = ", ".join(f"{name}::int::float8 AS {name}" if _is_flag(name) else f"{name}::float8" for name in FEATURES)
    query = f"""
        SELECT as_of_date, customer_id, {label} AS has_churned, contract || ', ' || internet_service AS plan, {columns}
        FROM analytics.fct_customer_features {join}
        WHERE as_of_date = $1 ORDER BY customer_id
    """
    return read_batches(engine, query, [as_of_date])


def read_groups(engine: Engine, as_of_dates: Sequence[date]) -> pl.DataFrame:
    """Returns what a model is sliced by: as_of_date, customer_id, contract, tenure_band, is_senior_citizen, gender.

    Raises:
        NotThere: none of the dates has features.
    """
    query = """
        SELECT as_of_date, customer_id, contract, tenure_band, is_senior_citizen, gender
        FROM analytics.fct_customer_features WHERE as_of_date = $1 ORDER BY customer_id
    """
    found = pl.concat(batch for day in as_of_dates for batch in read_batches(engine, query, [day]))
    if found.is_empty():
        raise NotThere(f"There are no features of {as_of_dates[0]}.", "load its extract with `churn run`.")
    return found


def _is_flag(feature: str) -> bool:
    return feature.startswith(("is_", "has_", "uses_", "no_"))


def stream_features(engine: Engine, first: date, last: date) -> Iterator[pl.DataFrame]:
    """Yields as_of_date, customer_id, has_churned, plan and every model feature (float64) of some days, in no order.

    What scoring reads: sorting a million customers takes longer than scoring them, and a score is its row's alone.

    Raises:
        NotThere: no features of those days.
    """
    query = f"""
        SELECT as_of_date, customer_id, has_churned, contract, internet_service, {", ".join(FEATURES)}
        FROM analytics.fct_customer_features WHERE as_of_date BETWEEN $1 AND $2
    """
    for batch in read_batches(engine, query, [first, last]):
        if batch.is_empty():
            raise NotThere(f"There are no features of {first}.", "load the extract of that date with `churn run`.")
        plan = pl.concat_str("contract", "internet_service", separator=", ").alias("plan")
        yield batch.with_columns(pl.col(FEATURES).cast(pl.Float64), plan)


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


def count_features(engine: Engine, as_of_date: date) -> int:
    """Returns how many customers of a date have features."""
    query = sa.text("SELECT count(*) FROM analytics.fct_customer_features WHERE as_of_date = :day")
    with engine.connect() as connection:
        return int(connection.execute(query, {"day": as_of_date}).scalar_one())


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


def find_publication(engine: Engine, prediction_date: date | None = None) -> Publication | None:
    """Returns the publication of a date, staged or published; without a date, the latest published one."""
    query = sa.select(publications)
    if prediction_date is None:
        query = query.where(publications.c.status == "published")
        query = query.order_by(publications.c.prediction_date.desc()).limit(1)
    else:
        query = query.where(publications.c.prediction_date == prediction_date)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Publication(**row)


def find_publications(engine: Engine, first: date, last: date) -> dict[date, Publication]:
    """Returns the publications of a range of dates, staged or published."""
    query = sa.select(publications).where(publications.c.prediction_date.between(first, last))
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["prediction_date"]: Publication(**row) for row in rows}


# --- what people read --------------------------------------------------------------------------------------------


def read_kpis(engine: Engine, prediction_date: date) -> dict[str, Any]:
    """Returns the row of reporting.kpi_daily of a published date.

    Raises:
        NotThere: there is none; the message says how to get it back.
    """
    query = sa.text("SELECT * FROM reporting.kpi_daily WHERE prediction_date = :day")
    with engine.connect() as connection:
        row = connection.execute(query, {"day": prediction_date}).mappings().one_or_none()
    if row is None:
        raise NotThere(
            f"{prediction_date} is published, but reporting.kpi_daily has no row of it.",
            "run `churn transforms check`: it compares every published day with its scores and repairs it.",
        )
    return dict(row)


def read_first_calls(engine: Engine, prediction_date: date, limit: int) -> list[dict[str, Any]]:
    """Returns the active customers at risk with the largest expected yearly loss, largest first."""
    query = sa.text("""
        SELECT customer_id, churn_probability, risk_tier, CAST(expected_annual_loss_usd AS float8), monthly_charges,
               tenure_months, contract, internet_service, payment_method, coalesce(told.reasons, '{}') AS reasons
        FROM reporting.action_list
        LEFT JOIN (SELECT prediction_date, customer_id, reasons FROM analytics.predictions) AS told
            USING (prediction_date, customer_id)
        WHERE prediction_date = :day AND call_rank <= :limit
        ORDER BY call_rank
    """)
    with engine.connect() as connection:
        rows = connection.execute(query, {"day": prediction_date, "limit": limit}).mappings()
        return [dict(row) for row in rows]

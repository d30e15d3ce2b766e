"""Features of a date, out of Postgres: for training in order of customer, for scoring in no order."""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.features import FEATURES
from churn.errors import NotThere
from churn.stores.postgres.copying import read_batches


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


def count_features(engine: Engine, as_of_date: date) -> int:
    """Returns how many customers of a date have features."""
    query = sa.text("SELECT count(*) FROM analytics.fct_customer_features WHERE as_of_date = :day")
    with engine.connect() as connection:
        return int(connection.execute(query, {"day": as_of_date}).scalar_one())

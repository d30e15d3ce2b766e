"""Reads the features of dates: for training in the order of customers, for scoring in no order."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.features import FEATURES
from churn.errors import NotThere
from churn.stores.postgres.copying import read_batches

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.features import CustomerFeatures


def read_features(engine: Engine, as_of_date: date) -> Iterator["DataFrame[CustomerFeatures]"]:
    """Yields as_of_date, customer_id, has_churned, plan and all model features (float64), in the order of customers.

    Raises:
        NotThere: the date has no features.
    """
    for batch in _read_labelled(engine, as_of_date, "has_churned"):
        if batch.is_empty():
            raise NotThere(f"{as_of_date} has no features.", f"run `churn run --source FILE --as-of {as_of_date}`.")
        yield batch


def read_matured(engine: Engine, as_of_date: date) -> Iterator["DataFrame[CustomerFeatures]"]:
    """Yields the same columns for the labelled customers of a date. has_churned: whether one left within its window."""
    matured = "JOIN analytics.training_examples AS examples USING (as_of_date, customer_id)"
    yield from _read_labelled(engine, as_of_date, "left_within_window", matured)


def _read_labelled(engine: Engine, as_of_date: date, label: str, join: str = "") -> Iterator[pl.DataFrame]:
    columns = ", ".join(f"{name}::int::float8 AS {name}" if _is_flag(name) else f"{name}::float8" for name in FEATURES)
    query = f"""
        SELECT as_of_date, customer_id, {label} AS has_churned, contract || ', ' || internet_service AS plan, {columns}
        FROM analytics.fct_customer_features {join}
        WHERE as_of_date = $1 AND {label} IS NOT NULL ORDER BY customer_id
    """
    return read_batches(engine, query, [as_of_date])


def read_groups(engine: Engine, as_of_dates: Sequence[date]) -> pl.DataFrame:
    """Returns the slice columns: as_of_date, customer_id, contract, tenure_band, is_senior_citizen and gender.

    Raises:
        NotThere: none of the dates has features.
    """
    query = """
        SELECT as_of_date, customer_id, contract, tenure_band, is_senior_citizen, gender
        FROM analytics.fct_customer_features WHERE as_of_date = $1 ORDER BY customer_id
    """
    groups = pl.concat(batch for day in as_of_dates for batch in read_batches(engine, query, [day]))
    if groups.is_empty():
        raise NotThere(f"{as_of_dates[0]} has no features.", f"run `churn run --source FILE --as-of {as_of_dates[0]}`.")
    return groups


def _is_flag(feature: str) -> bool:
    return feature.startswith(("is_", "has_", "uses_", "no_"))


def stream_features(engine: Engine, first: date, last: date) -> Iterator["DataFrame[CustomerFeatures]"]:
    """Yields as_of_date, customer_id, has_churned, plan and all model features (float64) of some days, in no order.

    Scoring needs no order, since a score depends on its own row only. Sorting a million customers would take longer
    than scoring them.

    Raises:
        NotThere: the days have no features.
    """
    query = f"""
        SELECT as_of_date, customer_id, has_churned, contract, internet_service, {", ".join(FEATURES)}
        FROM analytics.fct_customer_features WHERE as_of_date BETWEEN $1 AND $2
    """
    for batch in read_batches(engine, query, [first, last]):
        if batch.is_empty():
            raise NotThere(f"{first} has no features.", f"run `churn run --source FILE --as-of {first}`.")
        plan = pl.concat_str("contract", "internet_service", separator=", ").alias("plan")
        yield batch.with_columns(pl.col(FEATURES).cast(pl.Float64), plan)


def count_features(engine: Engine, as_of_date: date) -> int:
    """Returns the number of customers of a date who have features."""
    query = sa.text("SELECT count(*) FROM analytics.fct_customer_features WHERE as_of_date = :day")
    with engine.connect() as connection:
        return int(connection.execute(query, {"day": as_of_date}).scalar_one())

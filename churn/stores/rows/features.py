"""Reads the features of dates: for training in the order of customers, for scoring in no order."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.declaration import BLANK_WORD
from churn.contracts.features import BESIDE_FEATURES, FEATURES, PRICE_CHANGE, SHIPPED_FEATURES, FeatureSet
from churn.contracts.over_days import is_over_days
from churn.errors import NotThere
from churn.scoring.reasons import WORD_COLUMNS
from churn.stores.postgres.copying import read_batches
from churn.stores.rows.enrolled import ENROLLED

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.features import CustomerFeatures


_OWN_LABEL = "CASE WHEN left_involuntarily THEN NULL ELSE has_churned END"
"""The label of an extract. Who left without deciding to is no example: neither a leaver nor a stayer."""


def read_features(
    engine: Engine, as_of_date: date, given: FeatureSet = SHIPPED_FEATURES
) -> Iterator["DataFrame[CustomerFeatures]"]:
    """Yields as_of_date, customer_id, has_churned, plan, monthly_charges and the features, in the order of customers.

    Numbers and flags are float64, words are text.

    Raises:
        NotThere: the date has no features.
    """
    for batch in _read_labelled(engine, as_of_date, _OWN_LABEL, given):
        if batch.is_empty():
            raise NotThere(f"{as_of_date} has no features.", f"run `churn run --source FILE --as-of {as_of_date}`.")
        yield batch


def read_matured(
    engine: Engine, as_of_date: date, given: FeatureSet = SHIPPED_FEATURES
) -> Iterator["DataFrame[CustomerFeatures]"]:
    """Yields the same columns and the weight for the labelled customers of a date; has_churned: left within the window.

    Customers whom a campaign contacted within the window are left out: they do not show who leaves without a contact.
    The price change, if asked for, is NULL on a date without an extract of 30 days before.
    """
    matured = f"JOIN analytics.training_examples USING (as_of_date, customer_id) {ENROLLED}"
    label = "CASE WHEN is_contacted THEN NULL ELSE left_within_window END"
    yield from _read_labelled(engine, as_of_date, label, given, matured, ", coalesce(weight, 1) AS weight")


_WORDS = ", ".join(f"{name} AS word_{name}" for name in WORD_COLUMNS)


def _read_labelled(
    engine: Engine, as_of_date: date, label: str, given: FeatureSet, join: str = "", weight: str = ""
) -> Iterator[pl.DataFrame]:
    query = f"""
        SELECT as_of_date, customer_id, {label} AS has_churned, {_WORDS}, {_quote(_unite(given.names))}{weight}
        FROM {name_source(given.names)} {join}
        WHERE as_of_date = $1 AND {label} IS NOT NULL ORDER BY customer_id
    """
    keys = ("as_of_date", "customer_id", "has_churned", "plan", *(["weight"] if weight else []))
    for batch in read_batches(engine, query, [as_of_date]):
        # The query sorts by customer: split and fit depend on the order of rows, and Postgres promises none by itself.
        yield as_examples(batch, given.names).select(*keys, *_unite(given.names))


def _unite(names: Sequence[str]) -> list[str]:
    """Returns the features, and what the policies and the look ahead need beside them."""
    return list(dict.fromkeys([*names, *BESIDE_FEATURES]))


def _quote(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def as_examples(batch: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Returns a batch with its plan, with numbers and flags as float64, and with a word for each blank word."""
    typed = [
        pl.col(name).fill_null(BLANK_WORD) if batch.schema[name] == pl.String else pl.col(name).cast(pl.Float64)
        for name in _unite(names)
    ]
    # A company without contract and internet service has no tariff: its plan is empty, and never unseen.
    plan = pl.concat_str("word_contract", "word_internet_service", separator=", ", ignore_nulls=True).alias("plan")
    return batch.with_columns(*typed, plan)


def read_groups(engine: Engine, as_of_dates: Sequence[date], declared: Sequence[str] = ()) -> pl.DataFrame:
    """Returns the slice columns: as_of_date, customer_id, contract, tenure_band, is_senior_citizen, gender, and more.

    Args:
        engine: the engine of the database.
        as_of_dates: the dates.
        declared: the declared columns that divide the customers. A column that the extract lacks is left out.

    Raises:
        NotThere: none of the dates has features.
    """
    more = f", {_quote(declared)}" if declared else ""
    query = f"""
        SELECT as_of_date, customer_id, contract, tenure_band, is_senior_citizen, gender{more}
        FROM analytics.fct_customer_features WHERE as_of_date = $1 ORDER BY customer_id
    """
    groups = pl.concat(batch for day in as_of_dates for batch in read_batches(engine, query, [day]))
    if groups.is_empty():
        raise NotThere(f"{as_of_dates[0]} has no features.", f"run `churn run --source FILE --as-of {as_of_dates[0]}`.")
    return groups.select(column for column in groups if column.null_count() < groups.height)


def stream_features(
    engine: Engine,
    first: date,
    last: date,
    names: Sequence[str] = FEATURES,
    customers: Sequence[str] | None = None,
) -> Iterator["DataFrame[CustomerFeatures]"]:
    """Yields as_of_date, customer_id, has_churned, plan, WORD_COLUMNS, charge, tenure and the features, in no order.

    Scoring needs no order, since a score depends on its own row only. Sorting a million customers would take longer
    than scoring them.

    Args:
        engine: the engine of the database.
        first, last: the days.
        names: the features that the model gets.
        customers: the customers that are read; those without features are left out (default: all).

    Raises:
        NotThere: the days have no features.
    """
    days, only = "as_of_date BETWEEN $1 AND $2", "" if customers is None else "AND customer_id = ANY($3)"
    query = f"""
        SELECT as_of_date, customer_id, has_churned, {_WORDS}, {_quote(_unite(names))}
        FROM {name_source(names, days)} WHERE {days} {only}
    """
    for batch in read_batches(engine, query, [first, last, *([] if customers is None else [list(customers)])]):
        if batch.is_empty() and customers is None:
            raise NotThere(f"{first} has no features.", f"run `churn run --source FILE --as-of {first}`.")
        yield _assume_no_change(as_examples(batch, names))


def name_source(names: Sequence[str], days: str = "") -> str:
    """Returns what follows FROM in a query of features: changes are joined only for a model that has them.

    Args:
        names: the features.
        days: the condition of the query on as_of_date, if it is no equality: Postgres brings only that into the views.
    """
    views = [
        *(["analytics.price_changes"] if PRICE_CHANGE in names else []),
        *(["analytics.declared_changes"] if any(map(is_over_days, names)) else []),
    ]
    condition = f"WHERE {days}" if days else ""
    joined = [
        f"LEFT JOIN (SELECT * FROM {view} {condition}) AS v{place} USING (as_of_date, customer_id)"
        for place, view in enumerate(views)
    ]
    return " ".join(["analytics.fct_customer_features", *joined])


def _assume_no_change(batch: pl.DataFrame) -> pl.DataFrame:
    """Fills price changes that are not known, of a day without an extract of 30 days before.

    Such customers count as outside of what the model has seen (rows/out_of_range.py), so that the day says it.
    """
    return batch.with_columns(pl.col(PRICE_CHANGE).fill_null(0.0)) if PRICE_CHANGE in batch.columns else batch


def count_features(engine: Engine, as_of_date: date) -> int:
    """Returns the number of customers of a date who have features."""
    query = sa.text("SELECT count(*) FROM analytics.fct_customer_features WHERE as_of_date = :day")
    with engine.connect() as connection:
        return int(connection.execute(query, {"day": as_of_date}).scalar_one())

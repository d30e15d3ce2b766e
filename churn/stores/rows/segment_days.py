"""Adds up the published dates by segment of at most two columns, and keeps the segments that rose."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.declaration import DeclaredColumn
from churn.contracts.spikes import Spike
from churn.monitoring.segments import add_up
from churn.monitoring.spikes import KEYS, SUMS
from churn.stores.ledgers.publications import Publication
from churn.stores.postgres.copying import copy_in, read_batches
from churn.stores.postgres.monitoring_tables import segment_days, segment_spikes

SHIPPED = ("contract", "tenure_band", "internet_service", "payment_method", "is_senior_citizen")
MOST_DECLARED = 8
"""Declared columns that are watched, the first ones: with the shipped columns 78 pairs, a second for a million rows."""
HISTORY_DAYS = 90
_DATES_CAUGHT_UP = 25
"""The newest published dates, which are added up once for a home that has none: each is a pass over its customers."""


def find_unknown(engine: Engine, day: date) -> list[Publication]:
    """Returns those of the newest published dates up to a date whose sums by segment are not stored, in order."""
    query = sa.text("""
        SELECT newest.* FROM (
            SELECT * FROM ops.publications WHERE status = 'published' AND prediction_date BETWEEN :first AND :day
            ORDER BY prediction_date DESC LIMIT :most
        ) AS newest
        LEFT JOIN analytics.segment_days AS stored ON stored.prediction_date = newest.prediction_date
            AND stored.first_column = '' AND stored.staged_at = newest.staged_at
        WHERE stored.prediction_date IS NULL ORDER BY newest.prediction_date""")
    parameters = {"day": day, "first": day - timedelta(days=HISTORY_DAYS), "most": _DATES_CAUGHT_UP}
    with engine.connect() as connection:
        return [Publication(**row) for row in connection.execute(query, parameters).mappings()]


def add_up_day(engine: Engine, day: date, declared: Sequence[DeclaredColumn]) -> pl.DataFrame:
    """Returns KEYS and SUMS of the segments of a date.

    Args:
        engine: the engine of the database.
        day: the date.
        declared: the columns that the company declares as segments. Without one the sums of analytics.risk_by_profile
            are enough: nothing reads the customers.
    """
    watched = declared[:MOST_DECLARED]
    if not watched:
        return _without_absent(add_up(read_batches(engine, _PROFILES, [day]), SHIPPED))
    words = {column.name: _find_words(engine, day, column.name) for column in watched}
    columns = ", ".join(_as_word(column) for column in watched)
    batches = read_batches(engine, _CUSTOMERS.format(columns=columns), [day])
    rare = [
        pl.when(pl.col(name).is_in(known)).then(pl.col(name)).otherwise(pl.lit("(other)")).alias(name)
        for name, known in words.items()
    ]
    return _without_absent(add_up((batch.with_columns(rare) for batch in batches), [*SHIPPED, *words]))


_ABSENT = "Not in the extract"
_PROFILES = f"""
    SELECT {", ".join(SHIPPED[:-1])}, CASE WHEN is_senior_citizen THEN 'Senior' ELSE 'Not senior' END AS
        is_senior_citizen, active_count AS customers_count, CAST(active_probability_sum AS float8) AS expected_leavers,
        CAST(expected_annual_loss_usd AS float8) AS expected_loss_usd
    FROM analytics.risk_by_profile WHERE prediction_date = $1 AND active_count > 0
"""
_CUSTOMERS = f"""
    SELECT {", ".join(f"coalesce(risk.{name}, '{_ABSENT}') AS {name}" for name in SHIPPED[:-1])},
        CASE WHEN risk.is_senior_citizen THEN 'Senior' ELSE 'Not senior' END AS is_senior_citizen, {{columns}},
        1 AS customers_count, churn_probability AS expected_leavers, expected_annual_loss_usd AS expected_loss_usd
    FROM analytics.customer_risk AS risk
    JOIN (SELECT * FROM analytics.fct_customer_features WHERE as_of_date = $1) AS features USING (customer_id)
    WHERE prediction_date = $1 AND is_active
"""


def _as_word(column: DeclaredColumn) -> str:
    name = f'features."{column.name}"'
    word = f"CASE WHEN {name} THEN 'yes' WHEN NOT {name} THEN 'no' END" if column.type == "flag" else name
    return f"coalesce(CAST({word} AS text), '(blank)') AS \"{column.name}\""


def _find_words(engine: Engine, day: date, name: str) -> list[str]:
    """Returns the words of a declared column that 1% of the customers have: a city of 30 customers is no segment."""
    query = sa.text("""SELECT segment FROM analytics.risk_by_declared
        WHERE prediction_date = :day AND dimension = :name AND segment <> '(other)' AND active_count * 100 >= (
            SELECT sum(active_count) FROM analytics.risk_by_declared WHERE prediction_date = :day AND dimension = :name
        )""")
    with engine.connect() as connection:
        return list(connection.execute(query, {"day": day, "name": name}).scalars())


def _without_absent(segments: pl.DataFrame) -> pl.DataFrame:
    return segments.filter(pl.col("first_word") != _ABSENT, pl.col("second_word") != _ABSENT)


def store_segments(connection: Connection, day: Publication, segments: pl.DataFrame) -> None:
    """Stores the sums of a date in the place of earlier ones."""
    connection.execute(sa.delete(segment_days).where(segment_days.c.prediction_date == day.prediction_date))
    stamp = [pl.lit(day.prediction_date).alias("prediction_date"), pl.lit(day.staged_at).alias("staged_at")]
    copy_in(connection, segment_days, segments.with_columns(stamp).select(segment_days.c.keys()))


def read_segments(engine: Engine, day: date) -> pl.DataFrame:
    """Returns the sums of the published dates up to a date, as `find_spikes` asks for them."""
    names = ", ".join(f"stored.{name}" for name in (*KEYS, *SUMS))
    query = f"""
        SELECT prediction_date, model_version, {names} FROM analytics.segment_days AS stored
        JOIN ops.publications USING (prediction_date, staged_at)
        WHERE status = 'published' AND prediction_date BETWEEN $1 AND $2 ORDER BY prediction_date, {", ".join(KEYS)}
    """
    return pl.concat(read_batches(engine, query, [day - timedelta(days=HISTORY_DAYS), day]))


def replace_spikes(connection: Connection, day: date, spikes: Sequence[Spike]) -> None:
    """Stores the segments of a date that rose, in the place of earlier ones."""
    connection.execute(sa.delete(segment_spikes).where(segment_spikes.c.prediction_date == day))
    if spikes:
        connection.execute(
            sa.insert(segment_spikes), [_as_row(day, rank, spike) for rank, spike in enumerate(spikes, 1)]
        )


def _as_row(day: date, rank: int, spike: Spike) -> dict[str, object]:
    (first, *second) = spike.segment
    words = dict(zip(KEYS, (*first, *(second[0] if second else (None, None))), strict=True))
    return words | {
        "prediction_date": day,
        "spike_rank": rank,
        "since_date": spike.since,
        "customers_count": spike.customers,
        "expected_leavers": spike.expected_leavers,
        "rise": spike.rise,
        "added_loss_usd": spike.usd,
        "p_value": spike.p_value,
    }

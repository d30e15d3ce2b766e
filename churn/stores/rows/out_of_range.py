"""Counts and stores, for each scored day, the customers who lie outside what the model was trained on."""

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.features import PRICE_CHANGE
from churn.scoring.extrapolation import OutOfRange
from churn.stores.postgres.tables import features_out_of_range as stored
from churn.stores.rows.features import name_source


def replace_out_of_range(
    connection: Connection, days: Sequence[date], ranges: Mapping[str, tuple[float, float]] | None
) -> None:
    """Counts the active customers of days outside each feature's range, and stores the counts.

    Args:
        connection: a connection in a transaction.
        days: the days, whose features are stored.
        ranges: the ranges of the model's training; None for a model that does not clip: nothing is stored then.
    """
    connection.execute(sa.delete(stored).where(stored.c.prediction_date.in_(days)))
    if ranges is None:
        return
    names = list(ranges)
    query = _word_query(names, find_flags(connection))
    counted = connection.execute(query, {"days": list(days)} | _bounds(names, ranges)).mappings()
    rows = [
        {
            "prediction_date": day["as_of_date"],
            "feature": name,
            "outside_count": day[f"outside_{place}"],
            "active_count": day["active_count"],
            "range_low": ranges[name][0],
            "range_high": ranges[name][1],
        }
        for day in counted
        for place, name in enumerate(names)
    ]
    if rows:  # A day without an active customer has nobody to count.
        connection.execute(sa.insert(stored), rows)


def find_flags(connection: Connection) -> set[str]:
    """Returns the features that are booleans in the database."""
    query = sa.text("""
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'analytics' AND table_name = 'fct_customer_features' AND data_type = 'boolean'
    """)
    return set(connection.execute(query).scalars())


def as_number(name: str, flags: set[str]) -> str:
    """Returns a feature as a number in SQL."""
    # A flag is a boolean, which casts to a number only by way of an integer.
    return f'CAST(CAST("{name}" AS int) AS float8)' if name in flags else f'CAST("{name}" AS float8)'


def _word_query(names: Sequence[str], flags: set[str]) -> sa.TextClause:
    """Returns the query of all days: one row per day, with one count per feature, in one pass over the rows."""
    values = [as_number(name, flags) for name in names]
    # NOT BETWEEN gives NULL for a blank, which FILTER leaves out: a blank is not out of range. A price change that is
    # not known counts as outside, since the model is given 0 for it.
    if PRICE_CHANGE in names:
        place = names.index(PRICE_CHANGE)
        values[place] = f"coalesce({values[place]}, 'Infinity')"
    counts = ", ".join(
        f"count(*) FILTER (WHERE {value} NOT BETWEEN CAST(:low_{place} AS float8) AND CAST(:high_{place} AS float8))"
        f" AS outside_{place}"
        for place, value in enumerate(values)
    )
    days = "as_of_date = ANY(CAST(:days AS date[]))"
    return sa.text(f"""
        SELECT as_of_date, count(*) AS active_count, {counts} FROM {name_source(names, days)}
        WHERE {days} AND NOT has_churned GROUP BY as_of_date
    """)


def _bounds(names: Sequence[str], ranges: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    lows = {f"low_{place}": ranges[name][0] for place, name in enumerate(names)}
    return lows | {f"high_{place}": ranges[name][1] for place, name in enumerate(names)}


def read_out_of_range(engine: Engine, prediction_date: date) -> list[OutOfRange]:
    """Returns the counts of a scored day, one per feature; none if its model does not clip."""
    query = sa.select(stored.c.feature, stored.c.outside_count, stored.c.active_count)
    with engine.connect() as connection:
        rows = connection.execute(query.where(stored.c.prediction_date == prediction_date)).mappings()
        return [OutOfRange(**row) for row in rows]

"""Reads what explains the move of single scores, and keeps the explanations."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.stores.ledgers.publications import Publication
from churn.stores.postgres.copying import copy_in, read_batches
from churn.stores.postgres.move_tables import score_moves
from churn.stores.rows.features import stream_features

MOST = 2_000
"""Customers of the list, and customers whose tier changed, whose moves are stored: more than a team calls in a day."""


def find_earlier(engine: Engine, day: date, days: int) -> Publication | None:
    """Returns the newest published date that is at least so many days before, and at most twice as many."""
    query = sa.text("""SELECT * FROM ops.publications WHERE status = 'published'
                       AND prediction_date BETWEEN :first AND :last ORDER BY prediction_date DESC LIMIT 1""")
    bounds = {"first": day - timedelta(days=2 * days), "last": day - timedelta(days=days)}
    with engine.connect() as connection:
        row = connection.execute(query, bounds).mappings().one_or_none()
    return None if row is None else Publication(**row)


_LISTED = """
    SELECT customer_id FROM analytics.customer_risk WHERE prediction_date = :day AND call_rank <= :most
"""
# Whoever has another tier is in tier Medium or High on one of the dates: with large bases few are.
_CHANGED = """
    SELECT customer_id FROM analytics.customer_risk AS now JOIN analytics.customer_risk AS old USING (customer_id)
    WHERE now.prediction_date = :day AND old.prediction_date = :earlier AND now.is_active
        AND now.risk_tier <> old.risk_tier
    ORDER BY abs(now.churn_probability - old.churn_probability) DESC, customer_id LIMIT :most
"""


def find_watched(engine: Engine, day: Publication, earlier: date) -> list[str]:
    """Returns the customers of the list, within the seats, and those whose tier changed since an earlier date."""
    most = min(day.seats_count or MOST, MOST)
    with engine.connect() as connection:
        listed = connection.execute(sa.text(_LISTED), {"day": day.prediction_date, "most": most}).scalars()
        asked = {"day": day.prediction_date, "earlier": earlier, "most": MOST}
        changed = connection.execute(sa.text(_CHANGED), asked).scalars()
        return sorted({*listed, *changed})


def read_some_features(engine: Engine, day: date, names: Sequence[str], customers: Sequence[str]) -> pl.DataFrame:
    """Returns the features of some customers of a date; see `stream_features`."""
    return pl.concat(stream_features(engine, day, day, names, customers))


_SEEN = """
    SELECT customer_id, coalesce(CAST(first_seen.score ->> 'churn_probability' AS float8), old.churn_probability)
            AS probability_before, now.churn_probability AS probability_after
    FROM analytics.predictions AS now JOIN analytics.predictions AS old USING (customer_id)
    LEFT JOIN (
        SELECT * FROM ops.seen_scores WHERE prediction_date = $1 AND known_from = (
            SELECT min(known_from) FROM ops.seen_days WHERE prediction_date = $1)
    ) AS first_seen USING (customer_id)
    WHERE old.prediction_date = $1 AND now.prediction_date = $2 AND customer_id = ANY($3)
"""


def read_seen(engine: Engine, earlier: date, day: date, customers: Sequence[str]) -> pl.DataFrame:
    """Returns customer_id, probability_before, as readers saw it first, and probability_after of some customers."""
    return pl.concat(read_batches(engine, _SEEN, [earlier, day, list(customers)]))


def replace_moves(connection: Connection, day: date, moves: Sequence[tuple[int, date, pl.DataFrame]]) -> None:
    """Stores the moves of a date in the place of earlier ones.

    Args:
        connection: a connection in a transaction.
        day: the date.
        moves: since how many days before, the earlier date, and what `explain_moves` returns.
    """
    connection.execute(sa.delete(score_moves).where(score_moves.c.prediction_date == day))
    for days, earlier, frame in moves:
        stamp = {"prediction_date": pl.lit(day), "days": pl.lit(days), "earlier_date": pl.lit(earlier)}
        as_text = pl.col("log_odds").list.eval(pl.element().cast(pl.String))  # COPY takes lists of text.
        copy_in(connection, score_moves, frame.with_columns(as_text, **stamp).select(score_moves.c.keys()))

"""Takes the change of a date's expected loss apart, and keeps it with the spread of the features."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.monitoring.drift import FeatureDay, Movement
from churn.stores.ledgers.publications import Publication
from churn.stores.postgres.copying import copy_in
from churn.stores.postgres.monitoring_tables import feature_drift, score_changes
from churn.stores.rows.spreads import Spread

_scores_by_first = sa.Table("scores_by_first", sa.MetaData(), schema="pg_temp")
"""The scores of the later date by the model of the earlier one; they live as long as the transaction."""


def find_previous(engine: Engine, day: date) -> Publication | None:
    """Returns the published date before a date; None if there is none."""
    query = sa.text("""SELECT * FROM ops.publications WHERE status = 'published' AND prediction_date < :day
                       ORDER BY prediction_date DESC LIMIT 1""")
    with engine.connect() as connection:
        row = connection.execute(query, {"day": day}).mappings().one_or_none()
    return None if row is None else Publication(**row)


def find_inputs(engine: Engine, day: date) -> tuple[datetime, datetime | None] | None:
    """Returns when the scores of a stored change and of its previous date were written; None if none is stored."""
    columns = (score_changes.c.staged_at, score_changes.c.previous_staged_at)
    with engine.connect() as connection:
        row = connection.execute(sa.select(*columns).where(score_changes.c.prediction_date == day)).one_or_none()
    return None if row is None else (row[0], row[1])


def read_spreads(connection: Connection, day: Publication) -> dict[str, Spread]:
    """Returns the stored spread of the features of a date by its model; empty if none is stored."""
    query = sa.text("""SELECT feature, bins, missing_share, mean FROM analytics.feature_drift
                       JOIN analytics.score_changes USING (prediction_date)
                       WHERE prediction_date = :day AND staged_at = :staged AND model_version = :version""")
    rows = connection.execute(
        query, {"day": day.prediction_date, "staged": day.staged_at, "version": day.model_version}
    )
    return {row.feature: Spread(tuple(row.bins), row.missing_share, row.mean) for row in rows}


def take_apart(
    connection: Connection, first: date, second: date, by_first_model: Iterable[pl.DataFrame] | None
) -> Movement | None:
    """Returns the parts of the change of the expected loss between two published dates; None without money.

    Of a customer of both dates, price and probability each change while the other is at its mean of both dates, so that
    the two parts add up to the change and neither depends on an order.

    Args:
        connection: a connection in a transaction.
        first, second: the dates.
        by_first_model: customer_id and churn_probability of the second date by the model of the first one; None if both
            have the same model.
    """
    if by_first_model is not None:
        create = "CREATE TEMP TABLE scores_by_first (customer_id text, churn_probability float8) ON COMMIT DROP"
        connection.execute(sa.text(create))
        for batch in by_first_model:
            copy_in(connection, _scores_by_first, batch.select("customer_id", "churn_probability"))
    model = _BY_MODEL if by_first_model is not None else "CAST(0 AS float8)"
    join = "LEFT JOIN scores_by_first AS earlier USING (customer_id)" if by_first_model is not None else ""
    query = sa.text(_PARTS.format(by_model=model, join=join))
    parts = connection.execute(query, {"first": first, "second": second}).mappings().one()
    if parts["loss_first"] is None or parts["after"] is None:
        return None
    seen = connection.scalar(sa.text(_SEEN_FIRST), {"first": first})
    before = parts["loss_first"] if seen is None else float(seen)
    return Movement(
        before=before,
        after=parts["after"],
        by_correction=parts["loss_first"] - before,
        by_joined=parts["joined"],
        by_gone=-parts["gone"],
        by_price=parts["by_price"],
        by_behaviour=parts["by_probability"] - parts["by_model"],
        by_model=parts["by_model"],
        joined_count=parts["joined_count"],
        gone_count=parts["gone_count"],
    )


_BY_MODEL = "coalesce(sum((now.p - earlier.churn_probability) * (now.r + old.r) / 2), 0)"
_PARTS = """
    WITH old AS (
        SELECT customer_id, churn_probability AS p, annual_revenue_usd AS r FROM analytics.customer_risk
        WHERE prediction_date = :first AND is_active
    ), now AS (
        SELECT customer_id, churn_probability AS p, annual_revenue_usd AS r FROM analytics.customer_risk
        WHERE prediction_date = :second AND is_active
    )
    SELECT sum(old.p * old.r) AS loss_first, sum(now.p * now.r) AS after,
        coalesce(sum(now.p * now.r) FILTER (WHERE old.customer_id IS NULL), 0) AS joined,
        coalesce(sum(old.p * old.r) FILTER (WHERE now.customer_id IS NULL), 0) AS gone,
        count(*) FILTER (WHERE old.customer_id IS NULL) AS joined_count,
        count(*) FILTER (WHERE now.customer_id IS NULL) AS gone_count,
        coalesce(sum((now.r - old.r) * (now.p + old.p) / 2), 0) AS by_price,
        coalesce(sum((now.p - old.p) * (now.r + old.r) / 2), 0) AS by_probability, {by_model} AS by_model
    FROM old FULL JOIN now USING (customer_id) {join}
"""
_SEEN_FIRST = """
    SELECT sum(CAST(score ->> 'expected_annual_loss_usd' AS float8)) FROM ops.seen_scores
    WHERE prediction_date = :first AND CAST(score ->> 'is_active' AS boolean)
        AND known_from = (SELECT min(known_from) FROM ops.seen_days WHERE prediction_date = :first)
"""


def replace_change(
    connection: Connection,
    day: Publication,
    previous: Publication | None,
    features: Sequence[FeatureDay],
    movement: Movement | None,
    is_profiled: bool,
) -> None:
    """Stores why a date differs from the date before, and the spread of its features."""
    for table in (feature_drift, score_changes):
        connection.execute(sa.delete(table).where(table.c.prediction_date == day.prediction_date))
    row = {
        "prediction_date": day.prediction_date,
        "staged_at": day.staged_at,
        "model_version": day.model_version,
        "is_profiled": is_profiled,
    }
    if previous is not None:
        row |= {"previous_date": previous.prediction_date, "previous_staged_at": previous.staged_at}
        row |= {"previous_model_version": previous.model_version}
    if movement is not None:
        row |= _money(movement)
    connection.execute(sa.insert(score_changes).values(row))
    if features:
        rows = [{"prediction_date": day.prediction_date, **_feature(one)} for one in features]
        connection.execute(sa.insert(feature_drift), rows)


def _money(movement: Movement) -> dict[str, object]:
    return {
        "joined_count": movement.joined_count,
        "gone_count": movement.gone_count,
        "loss_before_usd": movement.before,
        "loss_after_usd": movement.after,
        "by_correction_usd": movement.by_correction,
        "by_joined_usd": movement.by_joined,
        "by_gone_usd": movement.by_gone,
        "by_price_usd": movement.by_price,
        "by_behaviour_usd": movement.by_behaviour,
        "by_model_usd": movement.by_model,
    }


def _feature(day: FeatureDay) -> dict[str, object]:
    return {**asdict(day), "bins": list(day.bins), "previous_bins": list(day.previous_bins)}

"""Keeps what readers saw of a published date before it is replaced or withdrawn.

The rows are kept as documents, so that they stay what they were when a later release has other columns.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.stores.postgres.tables import publications


def keep_seen(connection: Connection, days: Sequence[date], run_id: str) -> None:
    """Keeps what readers see of those of the days that are published. Call it in the transaction that replaces them.

    Args:
        connection: the connection of the transaction.
        days: the days, before their status or their scores change.
        run_id: what replaces them: a flow run, or "load N".
    """
    chosen = sa.select(publications.c.prediction_date).where(
        publications.c.prediction_date.in_(days), publications.c.status == "published"
    )
    published = sorted(connection.scalars(chosen))
    # A home whose SQL models are not deployed yet has published dates in tests only.
    if not published or connection.scalar(sa.text("SELECT to_regclass('reporting.action_list')")) is None:
        return
    for statement in (_KEEP_DAYS, _KEEP_SCORES):
        connection.execute(sa.text(statement), {"days": published, "run_id": run_id})


_KEEP_DAYS = """
    INSERT INTO ops.seen_days (prediction_date, known_from, known_until, run_id, publication, figures)
    SELECT publication.prediction_date, publication.published_at, clock_timestamp(), :run_id, to_jsonb(publication),
        to_jsonb(figures)
    FROM ops.publications AS publication JOIN reporting.kpi_daily AS figures USING (prediction_date)
    WHERE publication.prediction_date = ANY(:days)
    ON CONFLICT DO NOTHING
"""
_KEEP_SCORES = """
    INSERT INTO ops.seen_scores (prediction_date, known_from, customer_id, known_until, run_id, score, call)
    SELECT prediction_date, seen.known_from, score.customer_id, seen.known_until, :run_id, to_jsonb(score),
        to_jsonb(call)
    FROM analytics.predictions AS score
    JOIN ops.publications AS publication USING (prediction_date)
    JOIN ops.seen_days AS seen USING (prediction_date)
    LEFT JOIN (SELECT * FROM reporting.action_list WHERE prediction_date = ANY(:days)) AS call
        USING (prediction_date, customer_id)
    WHERE prediction_date = ANY(:days) AND seen.known_from = publication.published_at
    ON CONFLICT DO NOTHING
"""

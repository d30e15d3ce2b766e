"""Remembers what the last complete run of each date found, so that the next one can see whether anything changed."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from churn.stores.postgres.tables import finished_runs
from churn.timeline import now_utc


@dataclass(frozen=True)
class FinishedRun:
    """The last complete run of a date.

    Attributes:
        inputs_sha256: the digest of all that could give the next run work.
    """

    prediction_date: date
    inputs_sha256: str
    finished_at: datetime


def find_finished(connection: Connection, day: date) -> FinishedRun | None:
    """Returns the last complete run of a date, or None."""
    query = sa.select(finished_runs).where(finished_runs.c.prediction_date == day)
    row = connection.execute(query).mappings().one_or_none()
    return FinishedRun(**row) if row else None


def record_finished(connection: Connection, day: date, inputs_sha256: str) -> None:
    """Replaces the last complete run of a date."""
    row = {"prediction_date": day, "inputs_sha256": inputs_sha256, "finished_at": now_utc()}
    added = insert(finished_runs).values(row)
    connection.execute(added.on_conflict_do_update(index_elements=["prediction_date"], set_=row))


def read_ledgers(connection: Connection, day: date) -> str | None:
    """Returns what the ledgers say that decides the next run of a date; None before the first deployment.

    The publication of the date, the current loads of all dates, the champion and every decision, what people took back,
    the measured campaigns, the deployment of the SQL models, and the definition of every view.
    """
    # A plan by hand gives production another plan_id; a plan that was interrupted leaves it without finalized_ts.
    if connection.scalar(sa.text("SELECT to_regclass('sqlmesh._environments')")) is None:
        return None
    return connection.scalar(sa.text(_LEDGERS), {"day": day})


_LEDGERS = """
    SELECT concat_ws('|',
        (SELECT p::text FROM ops.publications AS p WHERE prediction_date = :day),
        (SELECT md5(string_agg(load_id || ' ' || snapshot_date, ',' ORDER BY load_id))
            FROM raw_data.loads WHERE status = 'loaded'),
        (SELECT count(*) || ' ' || max(decided_at) FROM ops.promotions),
        (SELECT count(*) FROM ops.withdrawals),
        (SELECT count(*) FROM ops.erasures),
        (SELECT max(reading_id) FROM ops.readings),
        (SELECT plan_id || ' ' || finalized_ts FROM sqlmesh._environments WHERE name = 'prod'),
        (SELECT md5(string_agg(schemaname || '.' || viewname || definition, ',' ORDER BY schemaname, viewname))
            FROM pg_views WHERE schemaname IN ('staging', 'analytics', 'reporting'))
    )
"""

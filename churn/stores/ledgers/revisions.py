"""The ledger of revisions: what changed each time that scores which readers had seen were replaced.

Written in the transaction that replaces them, by holding the old rows against the new ones. Append-only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.stores.postgres.tables import publications, revisions


@dataclass(frozen=True)
class Revision:
    """What changed of a published date: customers counted, money in USD.

    Attributes:
        unchanged_count: customers whose score and money are what they were.
    """

    prediction_date: date
    load_id_before: int
    load_id_after: int
    unchanged_count: int
    changed_count: int
    added_count: int
    removed_count: int
    moved_tier_count: int
    revenue_at_risk_before_usd: float
    revenue_at_risk_after_usd: float

    def summarise(self) -> str:
        """Returns one line about the revision."""
        before, after = self.revenue_at_risk_before_usd, self.revenue_at_risk_after_usd
        return (
            f"{self.prediction_date} revised: {self.changed_count:,} customers changed, {self.added_count:,} added, "
            f"{self.removed_count:,} removed, {self.unchanged_count:,} unchanged; {self.moved_tier_count:,} in another "
            f"tier; revenue at risk was ${before:,.0f} and is ${after:,.0f} per year"
        )


def keep_scores_aside(connection: Connection, days: Sequence[date]) -> list[date]:
    """Copies the scores that readers have seen of some days, until the transaction ends.

    Returns:
        The days that have such scores.
    """
    table = publications.c
    seen = sa.select(table.prediction_date).where(table.prediction_date.in_(days), table.status != "staged")
    revised = sorted(connection.scalars(seen))
    if revised:
        connection.execute(sa.text(_KEEP_ASIDE), {"days": revised})
    return revised


def record_revisions(connection: Connection, revised: Sequence[date]) -> None:
    """Appends what changed of days, in the transaction that kept their old scores aside and wrote the new ones."""
    if revised:
        connection.execute(sa.text(_RECORD))


def read_revisions(engine: Engine, days: Sequence[date], run_id: str) -> list[Revision]:
    """Returns what a run changed of published days, in order of date."""
    chosen = [revisions.c[name] for name in Revision.__dataclass_fields__]
    query = sa.select(*chosen).where(revisions.c.prediction_date.in_(days), revisions.c.run_id == run_id)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(revisions.c.prediction_date, revisions.c.revision_id)).mappings()
        return [Revision(**row) for row in rows]


_KEEP_ASIDE = """
    CREATE TEMP TABLE scores_before ON COMMIT DROP AS
    SELECT prediction_date, customer_id, churn_probability, risk_tier, revenue_at_risk_usd, expected_annual_loss_usd,
           lifetime_value_usd, is_active, made.load_id, made.model_version, made.basis
    FROM analytics.predictions
    JOIN ops.publications AS made USING (prediction_date)
    WHERE prediction_date = ANY(:days)
"""
_RECORD = """
    INSERT INTO ops.revisions (
        prediction_date, load_id_before, load_id_after, model_version_before, model_version_after,
        basis_before, basis_after, unchanged_count, changed_count, added_count, removed_count, moved_tier_count,
        revenue_at_risk_before_usd, revenue_at_risk_after_usd, run_id
    )
    WITH days AS (
        SELECT DISTINCT ON (prediction_date) prediction_date, load_id, model_version, basis FROM scores_before
    ), held_together AS (
        SELECT prediction_date, was, now,
               (was.churn_probability, was.risk_tier, was.revenue_at_risk_usd, was.expected_annual_loss_usd,
                was.lifetime_value_usd, was.is_active)
               IS NOT DISTINCT FROM
               (now.churn_probability, now.risk_tier, now.revenue_at_risk_usd, now.expected_annual_loss_usd,
                now.lifetime_value_usd, now.is_active) AS is_same
        FROM scores_before AS was
        FULL JOIN (
            SELECT * FROM analytics.predictions WHERE prediction_date IN (SELECT prediction_date FROM days)
        ) AS now USING (prediction_date, customer_id)
    )
    SELECT prediction_date, min(days.load_id), min(made.load_id), min(days.model_version), min(made.model_version),
           min(days.basis), min(made.basis),
           count(*) FILTER (WHERE is_same),
           count(*) FILTER (WHERE NOT is_same AND (was).customer_id IS NOT NULL AND (now).customer_id IS NOT NULL),
           count(*) FILTER (WHERE (was).customer_id IS NULL),
           count(*) FILTER (WHERE (now).customer_id IS NULL),
           count(*) FILTER (WHERE (was).risk_tier <> (now).risk_tier),
           coalesce(sum((was).revenue_at_risk_usd::numeric), 0), coalesce(sum((now).revenue_at_risk_usd::numeric), 0),
           min(made.run_id)
    FROM held_together
    JOIN days USING (prediction_date)
    JOIN ops.publications AS made USING (prediction_date)
    GROUP BY prediction_date
    ORDER BY prediction_date
"""

"""The append-only ledger of revisions: what changed when scores that readers had already seen were replaced.

A revision is recorded in the transaction that replaces the scores, by comparing the old rows with the new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.money import write_money
from churn.stores.postgres.tables import publications, revisions


@dataclass(frozen=True)
class Revision:
    """The changes of a published date. Counts are customers, money is in USD per year.

    Attributes:
        unchanged_count: the customers whose score and money did not change.
    """

    prediction_date: date
    load_id_before: int
    load_id_after: int
    unchanged_count: int
    changed_count: int
    added_count: int
    removed_count: int
    moved_tier_count: int
    revenue_at_risk_before_usd: float | None
    revenue_at_risk_after_usd: float | None

    def summarise(self) -> str:
        """Returns one line about the revision."""
        before, after = self.revenue_at_risk_before_usd, self.revenue_at_risk_after_usd
        money = ""
        if before is not None and after is not None:
            money = f"; revenue at risk was {write_money(before)} and is {write_money(after)} per year"
        return (
            f"{self.prediction_date} revised: {self.changed_count:,} customers changed, {self.added_count:,} added, "
            f"{self.removed_count:,} removed, {self.unchanged_count:,} unchanged; {self.moved_tier_count:,} in another "
            f"tier{money}"
        )


def keep_scores_aside(connection: Connection, days: Sequence[date]) -> list[date]:
    """Copies the scores of some days that readers have seen into a table that lives until the transaction ends.

    Returns:
        The days that readers have seen.
    """
    table = publications.c
    # A staged day was seen by nobody: its scores are replaced without a revision.
    seen = sa.select(table.prediction_date).where(table.prediction_date.in_(days), table.status != "staged")
    revised = sorted(connection.scalars(seen))
    if revised:
        connection.execute(sa.text(_KEEP_ASIDE), {"days": revised})
    return revised


def record_revisions(connection: Connection, revised: Sequence[date]) -> None:
    """Records the changes of days. Call it in the transaction that copied the old scores and wrote the new ones."""
    if revised:
        connection.execute(sa.text(_RECORD))


def read_revisions(engine: Engine, days: Sequence[date], run_id: str) -> list[Revision]:
    """Returns the changes that a run made to published days, in order of date."""
    chosen = [revisions.c[name] for name in Revision.__dataclass_fields__]
    query = sa.select(*chosen).where(revisions.c.prediction_date.in_(days), revisions.c.run_id == run_id)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(revisions.c.prediction_date, revisions.c.revision_id)).mappings()
        return [Revision(**row) for row in rows]


# A temporary table is private to its connection, so that two runs cannot mix their rows. ON COMMIT DROP removes it with
# the transaction, also when the connection goes back to the pool.
_KEEP_ASIDE = """
    CREATE TEMP TABLE scores_before ON COMMIT DROP AS
    SELECT prediction_date, customer_id, churn_probability, risk_tier, revenue_at_risk_usd, expected_annual_loss_usd,
           lifetime_value_usd, is_active, publication.load_id, publication.model_version, publication.basis
    FROM analytics.predictions
    JOIN ops.publications AS publication USING (prediction_date)
    WHERE prediction_date = ANY(:days)
"""
# The FULL JOIN keeps customers who are on one side only: the whole row `was` or `now` is NULL then. `=` between a NULL
# and a value would give NULL, and the row would be neither unchanged nor changed; IS NOT DISTINCT FROM gives FALSE.
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
    SELECT prediction_date, min(days.load_id), min(publication.load_id),
           min(days.model_version), min(publication.model_version),
           min(days.basis), min(publication.basis),
           count(*) FILTER (WHERE is_same),
           count(*) FILTER (WHERE NOT is_same AND (was).customer_id IS NOT NULL AND (now).customer_id IS NOT NULL),
           count(*) FILTER (WHERE (was).customer_id IS NULL),
           count(*) FILTER (WHERE (now).customer_id IS NULL),
           count(*) FILTER (WHERE (was).risk_tier <> (now).risk_tier),
           CASE WHEN count((was).customer_id) = count((was).revenue_at_risk_usd)
                THEN coalesce(sum((was).revenue_at_risk_usd::numeric), 0) END,
           CASE WHEN count((now).customer_id) = count((now).revenue_at_risk_usd)
                THEN coalesce(sum((now).revenue_at_risk_usd::numeric), 0) END,
           min(publication.run_id)
    FROM held_together
    JOIN days USING (prediction_date)
    JOIN ops.publications AS publication USING (prediction_date)
    GROUP BY prediction_date
    ORDER BY prediction_date
"""

"""Finds the version of a published date that readers saw at a moment, and where its rows are.

A version that was replaced is read through the row type of its view: every value comes back with its type, and an
export has the same bytes again.
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.errors import NotPublished
from churn.stores.ledgers.publications import Publication

KEPT_IN = {
    "ops.publications": ("ops.seen_days", "publication"),
    "reporting.kpi_daily": ("ops.seen_days", "figures"),
    "analytics.predictions": ("ops.seen_scores", "score"),
    "reporting.action_list": ("ops.seen_scores", "call"),
}
"""For each table that status and exports read: where its rows are kept, and in which column."""


@dataclass(frozen=True)
class Version:
    """A published date as readers saw it.

    Attributes:
        publication: its row of the ledger.
        known_from: when readers first saw it, if it was replaced since; None for what readers see now.
    """

    publication: Publication
    known_from: datetime | None = None

    def rows_of(self, table: str) -> str:
        """Returns the rows that a table had for the date, as SQL after FROM, under the name of the table."""
        if self.known_from is None:
            return table
        kept, column = KEPT_IN[table]
        # As literals: a streamed query with parameters returns all rows in one batch. Both come from the ledger.
        version = (
            f"prediction_date = '{self.publication.prediction_date}' AND known_from = '{self.known_from.isoformat()}'"
        )
        return (
            f"(SELECT (jsonb_populate_record(CAST(NULL AS {table}), {column})).* FROM {kept} "
            f"WHERE {version} AND {column} IS NOT NULL) AS {table.partition('.')[2]}"
        )


def require_version(engine: Engine, prediction_date: date | None, known_at: datetime | None) -> Version:
    """Returns a published date (default: the latest) as readers saw it at a moment (default: now).

    Raises:
        NotPublished: readers saw no such date at that moment.
    """
    moment = known_at or datetime.max
    with engine.connect() as connection:
        row = connection.execute(
            sa.text(_FIND), {"moment": moment, "day": prediction_date, "is_now": known_at is None}
        ).one_or_none()
        if row is None:
            raise NotPublished(prediction_date, known_at)
        day, known_from = row
        version = Version(_find(connection, "ops.publications", day), None)
        if known_from is None:
            return version
        version = Version(version.publication, known_from)
        return Version(_find(connection, version.rows_of("ops.publications"), day), known_from)


def _find(connection: Connection, rows: str, day: date) -> Publication:
    query = sa.text(f"SELECT * FROM {rows} WHERE prediction_date = :day")
    return Publication(**connection.execute(query, {"day": day}).mappings().one())


_FIND = """
    SELECT prediction_date, known_from FROM (
        SELECT prediction_date, NULL AS known_from FROM ops.publications
        WHERE status = 'published' AND (:is_now OR published_at <= :moment)
        UNION ALL
        SELECT prediction_date, known_from FROM ops.seen_days
        WHERE NOT :is_now AND known_from <= :moment AND known_until > :moment
    ) AS versions
    WHERE CAST(:day AS date) IS NULL OR prediction_date = :day
    ORDER BY prediction_date DESC LIMIT 1
"""

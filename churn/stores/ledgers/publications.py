"""The ledger of scored dates: what each was made from, and whether readers see it."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.errors import NotPublished
from churn.stores.postgres.tables import publications


@dataclass(frozen=True)
class Publication:
    """A scored date and what it was made from.

    Attributes:
        customers_count: customers scored.
        eligible_count: customers who should have been: those scored, and those refused with a reason.
        refused_count: rows the load set aside.
        published_at: None while readers do not see it.
        policy_sha256: of the policy file that was in force; None of days scored before it was kept.
    """

    prediction_date: date
    status: str
    basis: str
    customers_count: int
    eligible_count: int
    refused_count: int
    load_id: int
    source_sha256: str
    transforms_version: str
    model_name: str
    model_version: int
    run_id: str
    staged_at: datetime
    published_at: datetime | None
    policy_sha256: str | None

    def inputs(self) -> tuple[object, ...]:
        """What decides the scores: the same inputs give the same scores."""
        return self.load_id, self.transforms_version, self.basis, self.model_name, self.model_version


def find_publication(engine: Engine, prediction_date: date | None = None) -> Publication | None:
    """Returns the publication of a date, staged or published; without a date, the latest published one."""
    query = sa.select(publications)
    if prediction_date is None:
        query = query.where(publications.c.status == "published")
        query = query.order_by(publications.c.prediction_date.desc()).limit(1)
    else:
        query = query.where(publications.c.prediction_date == prediction_date)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Publication(**row)


def find_publications(engine: Engine, first: date, last: date) -> dict[date, Publication]:
    """Returns the publications of a range of dates, staged or published."""
    query = sa.select(publications).where(publications.c.prediction_date.between(first, last))
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["prediction_date"]: Publication(**row) for row in rows}


def require_published(engine: Engine, prediction_date: date | None = None) -> Publication:
    """Returns the publication of a date that readers see (default: the latest).

    Raises:
        NotPublished: readers see no such date, or none at all yet.
    """
    found = find_publication(engine, prediction_date)
    if found is None or found.status != "published":
        raise NotPublished(prediction_date)
    return found

"""The ledger of publications: the inputs of each scored date, and whether readers see the date."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.money import DEFAULT_CURRENCY
from churn.contracts.statuses import Basis, PublicationStatus
from churn.errors import NotPublished
from churn.stores.ledgers.withdrawals import DayWithdrawn, find_held
from churn.stores.postgres.tables import publications


@dataclass(frozen=True)
class Publication:
    """A scored date and its inputs.

    Attributes:
        customers_count: the number of scored customers.
        eligible_count: the number of customers in the extract: scored customers and rejected rows.
        refused_count: the number of rows that the load rejected.
        published_at: the time of publication; None while readers do not see the date.
        policy_sha256: the digest of the policy file in force; None for dates from before the product recorded it.
        horizon: within which time customers leave by the probabilities; None for the month that the extract covers.
        forgotten_count: the number of customers who have been forgotten since they were scored; in no other count.
        seats_count: the contacts a day of all channels of the policy; None if it sets no limit.
        save_rate: the share of contacted leavers who stay, as the money of contacts takes it; None for dates from
            before the product recorded it.
        is_save_rate_measured: whether a campaign measured a share that agrees with save_rate.
        currency: the currency of all money.
    """

    prediction_date: date
    status: PublicationStatus
    basis: Basis
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
    horizon: str | None = None
    forgotten_count: int = 0
    seats_count: int | None = None
    save_rate: float | None = None
    is_save_rate_measured: bool = False
    currency: str = DEFAULT_CURRENCY

    def inputs(self) -> tuple[object, ...]:
        """Returns everything that decides the scores. The same inputs give the same scores."""
        return self.load_id, self.transforms_version, self.basis, self.model_name, self.model_version

    def inputs_with_policy(self) -> tuple[object, ...]:
        """Returns also the policy, which decides the tiers. An earlier day keeps the tiers that it was scored with."""
        return *self.inputs(), self.policy_sha256


def find_publication(engine: Engine, prediction_date: date | None = None) -> Publication | None:
    """Returns the publication of a date in any status (default: the latest published date)."""
    query = sa.select(publications)
    if prediction_date is None:
        query = query.where(publications.c.status == "published")
        query = query.order_by(publications.c.prediction_date.desc()).limit(1)
    else:
        query = query.where(publications.c.prediction_date == prediction_date)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Publication(**row)


def find_stamp(engine: Engine) -> str:
    """Returns a text that changes whenever a date is published or withdrawn."""
    query = sa.select(sa.func.count(), sa.func.max(publications.c.published_at)).where(
        publications.c.status == "published"
    )
    with engine.connect() as connection:
        count, newest = connection.execute(query).one()
    return f"{count} {newest.isoformat() if newest else ''}"


def find_publications(engine: Engine, first: date, last: date) -> dict[date, Publication]:
    """Returns the publications of a range of dates, in any status."""
    query = sa.select(publications).where(publications.c.prediction_date.between(first, last))
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["prediction_date"]: Publication(**row) for row in rows}


def find_scored_days(engine: Engine) -> dict[int, list[date]]:
    """Returns the published dates of each model version that scored any, in order."""
    chosen = sa.select(publications.c.model_version, publications.c.prediction_date)
    query = chosen.where(publications.c.status == "published").order_by(publications.c.prediction_date)
    days: dict[int, list[date]] = {}
    with engine.connect() as connection:
        for version, day in connection.execute(query):
            days.setdefault(version, []).append(day)
    return days


def require_published(engine: Engine, prediction_date: date | None = None) -> Publication:
    """Returns the publication of a published date (default: the latest).

    Raises:
        NotPublished: the date is not published, or no date is published yet.
        DayWithdrawn: a person withdrew the date.
    """
    publication = find_publication(engine, prediction_date)
    if publication is None or publication.status != "published":
        if prediction_date and (held := find_held(engine, [prediction_date])):
            raise DayWithdrawn(held[prediction_date])
        raise NotPublished(prediction_date)
    return publication

"""The ledger of incidents. It makes sure that an incident is alerted once, and its recovery once."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql

from churn.contracts.statuses import Severity
from churn.stores.postgres.tables import incidents


@dataclass(frozen=True)
class Incident:
    """A failure of a flow. It stays open until the flow succeeds again.

    Attributes:
        incident_key: the key of the failure; repeated failures of the same kind in the same flow have the same key.
        flow: the name of the flow.
        as_of_date: the date of the run that failed; None if the flow has no date.
        severity: critical, error or warning.
        fact: what happened.
        next_step: what a person does next.
        opened_at: the time of the first failure.
    """

    incident_key: str
    flow: str
    as_of_date: date | None
    severity: Severity
    fact: str
    next_step: str
    opened_at: datetime


def open_incident(engine: Engine, incident: Incident) -> bool:
    """Stores an incident, if it is not open already, and returns whether its alert still has to be sent."""
    with engine.begin() as connection:
        # A unique index allows one open incident per key: two runs that fail at once add one row, not two.
        added = postgresql.insert(incidents).values(asdict(incident))
        connection.execute(added.on_conflict_do_nothing())
        return connection.execute(_told_at(incident.incident_key)).scalar_one() is None


def mark_told(engine: Engine, incident_key: str, told_at: datetime) -> None:
    """Records that the alert of an incident was sent."""
    marked = sa.update(incidents).where(_is_open(incident_key)).values(told_at=told_at)
    with engine.begin() as connection:
        connection.execute(marked)


def close_incidents(engine: Engine, flow: str, published: date | None, closed_at: datetime) -> list[Incident]:
    """Closes the incidents of a flow that has succeeded, and returns those whose alert was sent.

    Args:
        engine: the engine of the database.
        flow: the name of the flow.
        published: the latest published date (None: nothing is published). An incident of a later date stays open.
        closed_at: the current time.
    """
    table = incidents.c
    is_past = (
        table.as_of_date.is_(None)
        if published is None
        else sa.or_(table.as_of_date.is_(None), table.as_of_date <= published)
    )
    # One statement closes and returns: of two runs that succeed at once, only one tells the recovery.
    closing = sa.update(incidents).where(table.flow == flow, table.closed_at.is_(None), is_past)
    chosen = [table[name] for name in Incident.__dataclass_fields__]
    with engine.begin() as connection:
        rows = (
            connection.execute(closing.values(closed_at=closed_at).returning(*chosen, table.told_at)).mappings().all()
        )
    return [Incident(**{name: row[name] for name in Incident.__dataclass_fields__}) for row in rows if row["told_at"]]


def _told_at(incident_key: str) -> sa.Select[tuple[datetime | None]]:
    return sa.select(incidents.c.told_at).where(_is_open(incident_key))


def _is_open(incident_key: str) -> sa.ColumnElement[bool]:
    return sa.and_(incidents.c.incident_key == incident_key, incidents.c.closed_at.is_(None))

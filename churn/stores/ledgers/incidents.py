"""Incidents that were told, as Postgres keeps them: the same one is told once, and its end once."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql

from churn.stores.postgres.tables import incidents


@dataclass(frozen=True)
class Incident:
    """Something that went wrong in a flow and lasts until the flow does well again.

    Attributes:
        incident_key: the same failure of the same flow has the same.
        as_of_date: the date that was being made; None where the flow makes none.
        severity: critical, error or warning.
    """

    incident_key: str
    flow: str
    as_of_date: date | None
    severity: str
    fact: str
    next_step: str
    opened_at: datetime


def open_incident(engine: Engine, incident: Incident) -> bool:
    """Writes an incident down and returns whether it still has to be told."""
    with engine.begin() as connection:
        added = postgresql.insert(incidents).values(asdict(incident))
        connection.execute(added.on_conflict_do_nothing())
        return connection.execute(_told_at(incident.incident_key)).scalar_one() is None


def mark_told(engine: Engine, incident_key: str, told_at: datetime) -> None:
    """Writes down that people know."""
    told = sa.update(incidents).where(_is_open(incident_key)).values(told_at=told_at)
    with engine.begin() as connection:
        connection.execute(told)


def close_incidents(engine: Engine, flow: str, published: date | None, closed_at: datetime) -> list[Incident]:
    """Closes what is over, now that a flow has done well, and returns those that people were told of.

    Args:
        engine: the database.
        flow: the flow.
        published: the latest date that readers see; an incident of a later date is not over.
        closed_at: now.
    """
    table = incidents.c
    is_past = (
        table.as_of_date.is_(None)
        if published is None
        else sa.or_(table.as_of_date.is_(None), table.as_of_date <= published)
    )
    over = sa.update(incidents).where(table.flow == flow, table.closed_at.is_(None), is_past)
    chosen = [table[name] for name in Incident.__dataclass_fields__]
    with engine.begin() as connection:
        rows = connection.execute(over.values(closed_at=closed_at).returning(*chosen, table.told_at)).mappings().all()
    return [Incident(**{name: row[name] for name in Incident.__dataclass_fields__}) for row in rows if row["told_at"]]


def _told_at(incident_key: str) -> sa.Select[tuple[datetime | None]]:
    return sa.select(incidents.c.told_at).where(_is_open(incident_key))


def _is_open(incident_key: str) -> sa.ColumnElement[bool]:
    return sa.and_(incidents.c.incident_key == incident_key, incidents.c.closed_at.is_(None))

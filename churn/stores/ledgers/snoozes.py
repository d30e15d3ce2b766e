"""The ledger of snoozed incidents: who asked for no message until a date, and why."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.stores.postgres.keeping_tables import snoozes
from churn.stores.postgres.tables import incidents


@dataclass(frozen=True)
class Snooze:
    """A decision about an incident. It holds until the end of `until_date`, also if the incident begins anew."""

    incident_key: str
    until_date: date
    person: str
    why: str
    decided_at: datetime


@dataclass(frozen=True)
class OpenIncident:
    """An incident that is not over.

    Attributes:
        told_at: when its alert was sent; None while none was, or after a snooze, which asks for another one.
        until_date, why: the last snooze; None without one.
    """

    incident_key: str
    flow: str
    as_of_date: date | None
    severity: str
    fact: str
    next_step: str
    opened_at: datetime
    told_at: datetime | None
    until_date: date | None
    why: str | None


def record_snooze(engine: Engine, snooze: Snooze) -> bool:
    """Records a snooze of an open incident. Returns False, and records nothing, if it is not open."""
    is_open = sa.and_(incidents.c.incident_key == snooze.incident_key, incidents.c.closed_at.is_(None))
    with engine.begin() as connection:
        # People heard of it before, and hear of it again if it still lasts after the snooze.
        changed = connection.execute(sa.update(incidents).where(is_open).values(told_at=None))
        if not changed.rowcount:
            return False
        connection.execute(sa.insert(snoozes).values(asdict(snooze)))
    return True


def is_snoozed(engine: Engine, incident_key: str, today: date) -> bool:
    """Returns whether nobody wants to hear of an incident on a day."""
    last = (
        sa.select(snoozes.c.until_date)
        .where(snoozes.c.incident_key == incident_key)
        .order_by(snoozes.c.snooze_id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        until = connection.execute(last).scalar_one_or_none()
    return until is not None and until >= today


_OPEN = """
    SELECT incident_key, flow, as_of_date, severity, fact, next_step, opened_at, told_at, until_date, why
    FROM ops.incidents LEFT JOIN (
        SELECT DISTINCT ON (incident_key) incident_key, until_date, why FROM ops.snoozes
        ORDER BY incident_key, snooze_id DESC
    ) AS snoozed USING (incident_key)
    WHERE closed_at IS NULL ORDER BY opened_at
"""


def find_open(engine: Engine) -> list[OpenIncident]:
    """Returns the open incidents, the oldest first."""
    with engine.connect() as connection:
        return [OpenIncident(**row) for row in connection.execute(sa.text(_OPEN)).mappings()]

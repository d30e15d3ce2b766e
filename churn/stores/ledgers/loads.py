"""The ledger of every file taken in, accepted or not, and the rows that were set aside.

A line is opened before the transaction that replaces a snapshot and closed by it, so that a load that was killed is
seen, and told, by the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.extract import Origin
from churn.errors import NotLoaded
from churn.intake.limits import Tally
from churn.stores.postgres.tables import loads, rejected_rows


@dataclass(frozen=True)
class Load:
    """A line of the ledger: one file taken in, or not.

    Attributes:
        reading_sha256: of what decides how the bytes are read; another mapping is another load.
        monthly_charges_total: sum over accepted rows, USD a month; 0 while nothing is loaded.
        status: started, loaded, superseded, refused or interrupted.
        reason: why it was refused or interrupted, or which load superseded it.
        ended_at: None while it is at work.
        origin: synthetic when every customer comes from the simulator.
    """

    load_id: int
    snapshot_date: date
    source: str
    sha256: str
    reading_sha256: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    monthly_charges_total: float
    status: str
    reason: str | None
    notes: list[str]
    started_at: datetime
    ended_at: datetime | None
    origin: Origin


@dataclass(frozen=True)
class Arrival:
    """A file about to be taken in: what the ledger knows before any row is read."""

    snapshot_date: date
    source: str
    name: str
    sha256: str
    reading_sha256: str
    size_bytes: int


def find_current_load(engine: Engine, snapshot_date: date) -> Load | None:
    """Returns the load whose rows a snapshot date holds, or None."""
    found = _select_loads(engine, loads.c.snapshot_date == snapshot_date, loads.c.status == "loaded")
    return found[0] if found else None


def require_load(engine: Engine, snapshot_date: date) -> Load:
    """Returns the current load of a date.

    Raises:
        NotLoaded: there is none.
    """
    load = find_current_load(engine, snapshot_date)
    if load is None:
        raise NotLoaded(snapshot_date)
    return load


def require_latest_day(engine: Engine) -> date:
    """Returns the date of the latest stored snapshot.

    Raises:
        NotLoaded: there is none.
    """
    day = find_latest_snapshot_date(engine)
    if day is None:
        raise NotLoaded(None)
    return day


def find_latest_snapshot_date(engine: Engine) -> date | None:
    """Returns the latest date that holds a loaded snapshot, or None."""
    query = sa.select(sa.func.max(loads.c.snapshot_date)).where(loads.c.status == "loaded")
    with engine.connect() as connection:
        return connection.execute(query).scalar_one()


def find_current_loads(engine: Engine) -> list[Load]:
    """Returns the load of every stored snapshot, in order of date."""
    return list(reversed(_select_loads(engine, loads.c.status == "loaded", order=loads.c.snapshot_date)))


def find_load_before(engine: Engine, snapshot_date: date) -> Load | None:
    """Returns the load of the latest snapshot before a date, or None."""
    found = _select_loads(
        engine, loads.c.snapshot_date < snapshot_date, loads.c.status == "loaded", order=loads.c.snapshot_date, limit=1
    )
    return found[0] if found else None


def find_loads(engine: Engine, limit: int) -> list[Load]:
    """Returns the latest lines of the ledger, newest first."""
    return _select_loads(engine, limit=limit)


def find_load(engine: Engine, load_id: int) -> Load | None:
    """Returns a line of the ledger, or None."""
    found = _select_loads(engine, loads.c.load_id == load_id)
    return found[0] if found else None


def find_last_load_with_rejects(engine: Engine) -> Load | None:
    """Returns the latest load that set rows aside and whose snapshot stands, or None."""
    found = _select_loads(engine, loads.c.status == "loaded", loads.c.rows_rejected > 0, limit=1)
    return found[0] if found else None


def find_last_taken(engine: Engine, days: Sequence[date]) -> dict[tuple[date, str], str]:
    """Returns the sha256 that each source of some dates had when it was last taken in, replaced since or not."""
    query = sa.select(loads.c.snapshot_date, loads.c.source, loads.c.sha256).order_by(loads.c.load_id)
    query = query.where(loads.c.snapshot_date.in_(days), loads.c.status.in_(("loaded", "superseded")))
    with engine.connect() as connection:
        return {(day, source): sha256 for day, source, sha256 in connection.execute(query)}


def _select_loads(
    engine: Engine,
    *conditions: sa.ColumnElement[bool],
    order: sa.ColumnElement[Any] = loads.c.load_id,
    limit: int | None = None,
) -> list[Load]:
    chosen = [loads.c[name] for name in Load.__dataclass_fields__]
    query = sa.select(*chosen).where(*conditions).order_by(order.desc()).limit(limit)
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [Load(**{**row, "monthly_charges_total": float(row["monthly_charges_total"] or 0)}) for row in rows]


def open_load(engine: Engine, arrival: Arrival) -> int:
    """Writes into the ledger that a load starts, and that loads which were at work before are not any more.

    Only one load is at work at a time (the caller holds the lock), so a line still `started` is one that was killed.

    Returns:
        The load's id.
    """
    killed = sa.update(loads).where(loads.c.status == "started")
    row = {
        "snapshot_date": arrival.snapshot_date,
        "source": arrival.source,
        "sha256": arrival.sha256,
        "reading_sha256": arrival.reading_sha256,
        "bytes": arrival.size_bytes,
        "status": "started",
    }
    with engine.begin() as connection:
        connection.execute(
            killed.values(status="interrupted", reason="stopped before it was done", ended_at=sa.func.now())
        )
        return int(connection.execute(sa.insert(loads).values(row).returning(loads.c.load_id)).scalar_one())


def refuse_load(engine: Engine, load_id: int, reason: str, tally: Tally) -> None:
    """Writes into the ledger why a file was refused, and what was seen of it."""
    refused = sa.update(loads).where(loads.c.load_id == load_id)
    with engine.begin() as connection:
        connection.execute(refused.values(status="refused", reason=reason, ended_at=sa.func.now(), **seen_of(tally)))


def seen_of(tally: Tally) -> dict[str, Any]:
    """Returns the columns of a line that say what was seen of a file, whether or not it was taken in."""
    return {
        "rows_read": tally.rows_read,
        "rows_rejected": tally.rejected,
        "cells_normalised": tally.normalised,
        "notes": tally.notes(),
        "origin": tally.origin,
    }


@dataclass(frozen=True)
class RejectedRow:
    """A row that a load set aside: its line in the file, every rule it broke, the row as it arrived."""

    row_number: int
    reasons: list[str]
    row: dict[str, str | None]


def read_rejected_rows(engine: Engine, load_id: int) -> list[RejectedRow]:
    """Returns the rows a load set aside, in file order."""
    chosen = sa.select(rejected_rows.c.row_number, rejected_rows.c.reasons, rejected_rows.c.row)
    query = chosen.where(rejected_rows.c.load_id == load_id).order_by(rejected_rows.c.row_number)
    with engine.connect() as connection:
        return [RejectedRow(**row) for row in connection.execute(query).mappings()]

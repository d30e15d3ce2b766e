"""The ledger of loads: every file that was loaded or refused, and the rows that were rejected.

A load's row in the ledger is opened before the transaction that replaces the snapshot, and closed within it. So the row
of a load that was killed stays open, and the next load records it as interrupted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.horizons import DEFAULT_RULES, Horizon, LabelRules, LeftBy
from churn.contracts.money import DEFAULT_CURRENCY
from churn.contracts.statuses import LoadStatus, Origin
from churn.errors import NotLoaded
from churn.intake.limits import Tally
from churn.stores.postgres.tables import loads, rejected_rows, second_loads


@dataclass(frozen=True)
class Load:
    """A row of the ledger: one file that was loaded or refused.

    Attributes:
        sha256: the digest of the file.
        reading_sha256: the digest of what decides how the file is read; with another declaration it is another load.
        monthly_charges_total: the sum over accepted rows, in USD per month; None if the extract does not say what
            a customer is worth, or no row was accepted.
        reason: why the file was refused or interrupted, or which load superseded it.
        ended_at: the time at which the load ended; None while it runs.
        origin: synthetic if every customer comes from the simulator.
        left_by, horizon, tolerance_days: how the extract says that customers are labelled.
        rows_fingerprint: the fingerprint of the stored rows; None for a load of a release that did not record it.
        currency: the currency of all money.
    """

    load_id: int
    snapshot_date: date
    source: str
    sha256: str
    reading_sha256: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    monthly_charges_total: float | None
    status: LoadStatus
    reason: str | None
    notes: list[str]
    started_at: datetime
    ended_at: datetime | None
    origin: Origin
    left_by: LeftBy
    horizon: str
    tolerance_days: int
    rows_fingerprint: Decimal | None
    currency: str = DEFAULT_CURRENCY

    @property
    def label_rules(self) -> LabelRules:
        """How the extracts are labelled, by the declaration of this load."""
        return LabelRules(self.left_by, Horizon.read(self.horizon), self.tolerance_days)


@dataclass(frozen=True)
class Arrival:
    """A file that is about to be loaded: the values of its row in the ledger before any row of the file is read."""

    snapshot_date: date
    source: str
    name: str
    sha256: str
    reading_sha256: str
    size_bytes: int
    label_rules: LabelRules = DEFAULT_RULES
    currency: str = DEFAULT_CURRENCY


def find_current_load(engine: Engine, snapshot_date: date) -> Load | None:
    """Returns the load that the stored rows of a date come from, or None."""
    rows = _select_loads(engine, loads.c.snapshot_date == snapshot_date, loads.c.status == "loaded")
    return rows[0] if rows else None


def require_load(engine: Engine, snapshot_date: date) -> Load:
    """Returns the current load of a date.

    Raises:
        NotLoaded: no extract of the date is loaded.
    """
    load = find_current_load(engine, snapshot_date)
    if load is None:
        raise NotLoaded(snapshot_date)
    return load


def require_latest_day(engine: Engine) -> date:
    """Returns the date of the latest stored snapshot.

    Raises:
        NotLoaded: no extract is loaded yet.
    """
    day = find_latest_snapshot_date(engine)
    if day is None:
        raise NotLoaded(None)
    return day


def find_latest_snapshot_date(engine: Engine) -> date | None:
    """Returns the date of the latest stored snapshot, or None."""
    query = sa.select(sa.func.max(loads.c.snapshot_date)).where(loads.c.status == "loaded")
    with engine.connect() as connection:
        return connection.execute(query).scalar_one()


def find_current_loads(engine: Engine) -> list[Load]:
    """Returns the load of every stored snapshot, in order of date."""
    return list(reversed(_select_loads(engine, loads.c.status == "loaded", order=loads.c.snapshot_date)))


def find_load_before(engine: Engine, snapshot_date: date) -> Load | None:
    """Returns the load of the latest snapshot before a date, or None."""
    rows = _select_loads(
        engine, loads.c.snapshot_date < snapshot_date, loads.c.status == "loaded", order=loads.c.snapshot_date, limit=1
    )
    return rows[0] if rows else None


def find_loads(engine: Engine, limit: int) -> list[Load]:
    """Returns the latest loads, the newest first."""
    return _select_loads(engine, limit=limit)


def find_load(engine: Engine, load_id: int) -> Load | None:
    """Returns a load, or None if there is no load with this number."""
    rows = _select_loads(engine, loads.c.load_id == load_id)
    return rows[0] if rows else None


def find_last_load_with_rejects(engine: Engine) -> Load | None:
    """Returns the latest current load with rejected rows, or None."""
    rows = _select_loads(engine, loads.c.status == "loaded", loads.c.rows_rejected > 0, limit=1)
    return rows[0] if rows else None


def find_last_taken(engine: Engine, days: Sequence[date]) -> dict[tuple[date, str], str]:
    """Returns the sha256 of the last load of each date and source, whether or not a later load has replaced it."""
    query = sa.select(loads.c.snapshot_date, loads.c.source, loads.c.sha256).order_by(loads.c.load_id)
    query = query.where(loads.c.snapshot_date.in_(days), loads.c.status.in_(("loaded", "superseded")))
    with engine.connect() as connection:
        return {(day, source): sha256 for day, source, sha256 in connection.execute(query)}


def find_pruned(engine: Engine, days: Sequence[date]) -> dict[date, str]:
    """Returns those of some dates whose rows were pruned, each with the sha256 of its last file."""
    query = sa.select(loads.c.snapshot_date, loads.c.sha256).order_by(loads.c.load_id)
    with engine.connect() as connection:
        rows = connection.execute(query.where(loads.c.snapshot_date.in_(days), loads.c.status == "pruned"))
        return dict(rows.tuples().all())


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
    totals = [row["monthly_charges_total"] for row in rows]
    return [
        Load(**{**row, "monthly_charges_total": None if total is None else float(total)})
        for row, total in zip(rows, totals, strict=True)
    ]


def open_load(engine: Engine, arrival: Arrival) -> int:
    """Adds a load to the ledger, and marks loads that were killed as interrupted.

    The caller holds the lock of loads, so only one load runs at a time. A row that is still `started` therefore belongs
    to a load that was killed.

    Returns:
        The number of the load.
    """
    killed = sa.update(loads).where(loads.c.status == "started")
    row = {
        "snapshot_date": arrival.snapshot_date,
        "source": arrival.source,
        "sha256": arrival.sha256,
        "reading_sha256": arrival.reading_sha256,
        "bytes": arrival.size_bytes,
        "status": "started",
        "left_by": arrival.label_rules.left,
        "horizon": str(arrival.label_rules.horizon),
        "tolerance_days": arrival.label_rules.tolerance_days,
        "currency": arrival.currency,
    }
    with engine.begin() as connection:
        connection.execute(
            killed.values(status="interrupted", reason="stopped before it was done", ended_at=sa.func.now())
        )
        return int(connection.execute(sa.insert(loads).values(row).returning(loads.c.load_id)).scalar_one())


def refuse_load(engine: Engine, load_id: int, reason: str, tally: Tally) -> None:
    """Records in the ledger why a file was refused, and the counts of the rows that were read until then."""
    refused = sa.update(loads).where(loads.c.load_id == load_id)
    with engine.begin() as connection:
        connection.execute(refused.values(status="refused", reason=reason, ended_at=sa.func.now(), **seen_of(tally)))


class RowsSeen(TypedDict):
    """The columns of raw_data.loads that describe the rows that were read."""

    rows_read: int
    rows_forgotten: int
    rows_rejected: int
    cells_normalised: int
    notes: list[str]
    origin: Origin


def seen_of(tally: Tally) -> RowsSeen:
    """Returns the columns of the ledger that describe the rows that were read, for loaded and refused files alike."""
    return {
        "rows_read": tally.rows_read + tally.forgotten,
        "rows_forgotten": tally.forgotten,
        "rows_rejected": tally.rejected,
        "cells_normalised": tally.normalised,
        "notes": tally.notes(),
        "origin": tally.origin,
    }


@dataclass(frozen=True)
class RejectedRow:
    """A rejected row: its row number in the file, every rule that it broke, and its unchanged values."""

    row_number: int
    reasons: list[str]
    row: dict[str, str | None]


def read_rejected_rows(engine: Engine, load_id: int) -> list[RejectedRow]:
    """Returns the rejected rows of a load, in file order."""
    chosen = sa.select(rejected_rows.c.row_number, rejected_rows.c.reasons, rejected_rows.c.row)
    query = chosen.where(rejected_rows.c.load_id == load_id).order_by(rejected_rows.c.row_number)
    with engine.connect() as connection:
        return [RejectedRow(**row) for row in connection.execute(query).mappings()]


def describe_seconds(load_id: int, tally: Tally) -> list[dict[str, object]]:
    """Returns the rows of raw_data.second_loads for the second files of a load."""
    return [
        {
            "load_id": load_id,
            "source_name": second.source.name,
            "source": str(second.path.absolute()),
            "sha256": second.sha256,
            "rows_read": second.rows.height,
            "rows_matched": second.matched,
        }
        for second in tally.seconds
    ]


def find_last_seconds(engine: Engine, days: Sequence[date]) -> dict[tuple[date, str], str]:
    """Returns the sha256 of each second file of some dates as it was last joined: (date, path) -> sha256."""
    query = (
        sa.select(loads.c.snapshot_date, second_loads.c.source, second_loads.c.sha256)
        .join(second_loads, second_loads.c.load_id == loads.c.load_id)
        .where(loads.c.snapshot_date.in_(days), loads.c.status.in_(("loaded", "superseded")))
        .order_by(loads.c.load_id)
    )
    with engine.connect() as connection:
        return {(day, source): sha256 for day, source, sha256 in connection.execute(query)}

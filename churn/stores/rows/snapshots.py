"""Snapshots in Postgres and the ledger of every file taken in.

A snapshot date is replaced as a whole in one transaction or not at all. The ledger is opened before that transaction
and closed by it, so that a load that was killed is seen, and told, by the next one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from churn.errors import ContractBroken
from churn.intake.limits import Tally
from churn.intake.screening import Screened
from churn.stores.postgres.database import copy_in
from churn.stores.postgres.tables import loads, publications, rejected_rows, telco_churn_raw, telco_churn_reconstructed


@dataclass(frozen=True)
class Load:
    """A line of the ledger: one file taken in, or not.

    Attributes:
        reading_sha256: of what decides how the bytes are read; another mapping is another load.
        monthly_charges_total: sum over accepted rows, USD a month; 0 while nothing is loaded.
        status: started, loaded, superseded, refused or interrupted.
        reason: why it was refused or interrupted, or which load superseded it.
        ended_at: None while it is at work.
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


@dataclass(frozen=True)
class Arrival:
    """A file about to be taken in: what the ledger knows before any row is read."""

    snapshot_date: date
    source: str
    name: str
    sha256: str
    reading_sha256: str
    size_bytes: int


class DuplicateCustomer(ContractBroken):
    """A customer is in the file twice; which row is right cannot be known.

    Attributes:
        customer_id: the customer.
    """

    def __init__(self, name: str, customer_id: str, where: str = "") -> None:
        super().__init__(
            f"{name} has the customer {customer_id} twice{where}.",
            "one row per customer is agreed; remove the wrong one.",
        )
        self.customer_id = customer_id

    def __reduce__(self) -> tuple[Any, ...]:
        return ContractBroken, (self.fact, self.next_step)


# --- the ledger --------------------------------------------------------------------------------------------------


def find_current_load(engine: Engine, snapshot_date: date) -> Load | None:
    """Returns the load whose rows a snapshot date holds, or None."""
    found = _select_loads(engine, loads.c.snapshot_date == snapshot_date, loads.c.status == "loaded")
    return found[0] if found else None


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
        connection.execute(refused.values(status="refused", reason=reason, ended_at=sa.func.now(), **_seen(tally)))


# --- the snapshot ------------------------------------------------------------------------------------------------


def replace_snapshot(engine: Engine, load_id: int, arrival: Arrival, batches: Iterator[Screened], tally: Tally) -> None:
    """Replaces a snapshot date by the accepted rows of a file, sets the rejected ones aside, closes the ledger's line.

    Where `tally.kept` says that the file only corrects rows, those of the date stay and the file's are added.

    One transaction: a date published before is withdrawn with it, so that no reader sees new features under old
    scores.

    Args:
        engine: the database.
        load_id: the ledger's line, as `open_load` gave it.
        arrival: the file.
        batches: its screened rows.
        tally: what was seen of them, complete once `batches` is exhausted.

    Raises:
        DuplicateCustomer: nothing was written.
        ContractBroken: raised by `batches`; nothing was written.
    """
    day = arrival.snapshot_date
    with engine.begin() as connection:
        superseded = sa.update(loads).where(loads.c.snapshot_date == day, loads.c.status == "loaded")
        connection.execute(superseded.values(status="superseded", reason=f"replaced by load {load_id}"))
        _clear_or_take_over(connection, load_id, day, tally.kept > 0)
        _withdraw(connection, day)
        for batch in batches:
            _copy_accepted(connection, load_id, arrival, batch.accepted)
            _copy_rejected(connection, load_id, batch.rejected)
        _close_load(connection, load_id, tally)


def _clear_or_take_over(connection: Connection, load_id: int, day: date, keeps: bool) -> None:
    """Removes a date's rows; or, where corrected rows are added to them, makes them rows of the new load."""
    of_day = telco_churn_raw.c.snapshot_date == day
    taken_over = sa.update(telco_churn_raw).where(of_day).values(load_id=load_id)
    rewound = telco_churn_reconstructed  # from this snapshot on, no day lies before the first one any more
    connection.execute(sa.delete(rewound).where(rewound.c.snapshot_date >= day))
    connection.execute(taken_over if keeps else sa.delete(telco_churn_raw).where(of_day))


def _withdraw(connection: Connection, day: date) -> None:
    """Hides a published date from readers until it is published again, and later ones that were only rewound."""
    is_rewound_later = (publications.c.basis == "reconstructed") & (publications.c.prediction_date > day)
    hidden = sa.update(publications).where((publications.c.prediction_date == day) | is_rewound_later)
    is_shown = publications.c.status == "published"
    connection.execute(hidden.where(is_shown).values(status="withdrawn", published_at=None))


def _copy_accepted(connection: Connection, load_id: int, arrival: Arrival, accepted: pl.DataFrame) -> None:
    keyed = accepted.with_columns(
        pl.lit(arrival.snapshot_date).alias("snapshot_date"), pl.lit(load_id, dtype=pl.Int64).alias("load_id")
    )
    try:
        copy_in(connection, telco_churn_raw, keyed)
    except UniqueViolation as error:
        key = str(error.diag.message_detail).partition("=(")[2].rpartition(")")[0]
        raise DuplicateCustomer(arrival.name, key.partition(", ")[2]) from error


def _copy_rejected(connection: Connection, load_id: int, rejected: pl.DataFrame) -> None:
    if rejected.is_empty():
        return
    element = pl.element().str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    quoted = pl.col("reasons").list.eval(pl.format('"{}"', element)).list.join(",")
    as_array = pl.format("{}{}{}", pl.lit("{"), quoted, pl.lit("}")).alias("reasons")
    copy_in(connection, rejected_rows, rejected.with_columns(as_array, pl.lit(load_id).alias("load_id")))


def _close_load(connection: Connection, load_id: int, tally: Tally) -> None:
    """Writes what was sent; `validate_extract` counts independently what is there."""
    closed = sa.update(loads).where(loads.c.load_id == load_id)
    connection.execute(
        closed.values(
            rows_accepted=tally.customers,
            monthly_charges_total=round(tally.monthly_charges_usd, 6),
            status="loaded",
            ended_at=sa.func.clock_timestamp(),
            **_seen(tally),
        )
    )


def _seen(tally: Tally) -> dict[str, Any]:
    return {
        "rows_read": tally.rows_read,
        "rows_rejected": tally.rejected,
        "cells_normalised": tally.normalised,
        "notes": tally.notes(),
    }


def count_snapshot(engine: Engine, snapshot_date: date) -> tuple[int, float]:
    """Returns the rows a snapshot date really holds and their sum of monthly charges (USD)."""
    raw = telco_churn_raw.c
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(raw.monthly_charges), 0))
    with engine.connect() as connection:
        count, total = connection.execute(query.where(raw.snapshot_date == snapshot_date)).one()
    return int(count), float(total)


# --- rows set aside ----------------------------------------------------------------------------------------------


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

"""Finds and deletes the rows of dates that are older than `[keep]` allows. Ledgers are never pruned.

A date is pruned as a whole: its scores are deleted together with its place among the published dates, its raw rows
together with the status of its load. The newest published date and the newest snapshot always stay.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.economics.keeping import KeepPolicy
from churn.stores.keeping.holdings import DECLARED, FIND_VERSIONS, MODELLED, Holding, Kind

KINDS: tuple[Kind, ...] = ("scores", "features", "raw", "rejects")
"""In this order: what is computed from other rows goes before them."""


@dataclass(frozen=True)
class Pruned:
    """What is too old of one kind.

    Attributes:
        kind: the kind of `[keep]`.
        before: rows of earlier dates are too old.
        rows: table -> number of rows that are too old; only tables with such rows.
        dates_count: the dates that leave the published dates or the current loads.
    """

    kind: Kind
    before: date
    rows: dict[str, int]
    dates_count: int = 0


def find_bounds(keep: KeepPolicy, today: date) -> dict[Kind, date]:
    """Returns for each kind that is not kept for ever the date before which rows are too old."""
    days = {kind: getattr(keep, f"{kind}_days") for kind in KINDS}
    return {kind: today - timedelta(days=count) for kind, count in days.items() if count}


def prune_rows(connection: Connection, bounds: dict[Kind, date], is_real: bool) -> list[Pruned]:
    """Counts the rows that are too old and, if `is_real`, deletes them within the transaction of the connection."""
    return [_prune_kind(connection, kind, bounds[kind], is_real) for kind in KINDS if kind in bounds]


def _prune_kind(connection: Connection, kind: Kind, bound: date, is_real: bool) -> Pruned:
    before = _spare_newest(connection, kind, bound)
    rows = {}
    for table, holding in _list_tables(connection, kind):
        where = f"{holding.day} < :before" if holding.day else _OLD_REJECTED
        found = sa.text(f"SELECT count(*) FROM {table} WHERE {where}")
        if count := int(connection.execute(found, {"before": before}).scalar_one()):
            rows[table] = count
            if is_real:
                connection.execute(sa.text(f"DELETE FROM {table} WHERE {where}"), {"before": before})
    dates = _LEDGERS.get(kind)
    if dates is None:
        return Pruned(kind, before, rows)
    ledger, day, old, change = dates
    count = connection.execute(
        sa.text(f"SELECT count(*) FROM {ledger} WHERE {day} < :before AND status IN {old}"), {"before": before}
    ).scalar_one()
    if is_real:
        connection.execute(
            sa.text(f"UPDATE {ledger} SET {change} WHERE {day} < :before AND status IN {old}"), {"before": before}
        )
    return Pruned(kind, before, rows, int(count))


def _spare_newest(connection: Connection, kind: Kind, bound: date) -> date:
    """Returns the bound, but never after the newest published date or snapshot: readers always have a date."""
    newest = {
        "scores": "SELECT max(prediction_date) FROM ops.publications WHERE status = 'published'",
        "rejects": "SELECT CAST(NULL AS date)",
    }.get(kind, "SELECT max(snapshot_date) FROM raw_data.loads WHERE status = 'loaded'")
    last = connection.scalar(sa.text(newest))
    return min(bound, last) if last else bound


def _list_tables(connection: Connection, kind: Kind) -> list[tuple[str, Holding]]:
    """Returns the tables of a kind; of a SQL model the tables of all its versions."""
    declared = [(name, holding) for name, holding in DECLARED.items() if holding.kind == kind]
    versions = connection.scalars(sa.text(FIND_VERSIONS)).all()
    modelled = [
        (version, holding)
        for name, holding in MODELLED.items()
        if holding.kind == kind
        for version in versions
        if version.replace('"', "").startswith(f"sqlmesh__{name}__")
    ]
    return [*modelled, *declared]


_OLD_REJECTED = "load_id IN (SELECT load_id FROM raw_data.loads WHERE snapshot_date < :before)"
_LEDGERS = {
    "scores": (
        "ops.publications",
        "prediction_date",
        "('staged', 'published', 'withdrawn')",
        "status = 'pruned', published_at = NULL",
    ),
    "raw": ("raw_data.loads", "snapshot_date", "('loaded')", "status = 'pruned', reason = 'older than [keep] allows'"),
}
"""The ledger of a kind, its date, the statuses of a date that has rows, and what a pruned date has instead."""

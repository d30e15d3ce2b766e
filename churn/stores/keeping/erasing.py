"""Deletes the rows of one customer from every table, and keeps the counts of loads and scored dates right.

The counts of a load and of a scored date go down by the deleted rows, and a count of its own says by how many: so what
is stored always agrees with the ledgers, and the figures that readers saw can still be explained.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from churn.contracts.campaigns import CONTACT_LIST
from churn.contracts.extract import PUBLIC_NAMES
from churn.stores.keeping.holdings import DECLARED, FIND_VERSIONS
from churn.stores.postgres import campaign_tables, tables
from churn.stores.postgres.landing_tables import landed_events
from churn.stores.rows.snapshots import ROW_HASH

_OTHER_NAMES = sorted(
    {name.lower() for pair in PUBLIC_NAMES.items() for name in pair} - {"customerid", "customer_id"},
)
"""The names of the columns of an extract that cannot hold a customer's number."""


@dataclass(frozen=True)
class Erased:
    """What was deleted.

    Attributes:
        rows: table -> number of deleted rows, for the tables that held the customer.
        days: the snapshot and prediction dates that held the customer, in order.
        scored_days: those of them with a score.
        sources: where the extracts came from that had the customer.
        files: the files of contacts that the customer was written to.
        since: when the customer's first stored row was written, UTC; None if there is none.
    """

    rows: dict[str, int]
    days: list[date]
    scored_days: list[date]
    sources: list[str]
    files: list[str]
    since: datetime | None


def erase_rows(connection: Connection, customer_id: str) -> Erased:
    """Deletes every row of a customer within the transaction of the connection."""
    raw = tables.telco_churn_raw
    mine = raw.c.customer_id == customer_id
    # Read before the rows are deleted: no other place says since when the customer is stored.
    since = connection.scalar(sa.select(sa.func.min(raw.c.loaded_at)).where(mine))
    files = _read_files(connection, customer_id)
    counts, days, load_ids = Counter[str](), set[date](), set[int]()
    _erase_raw(connection, customer_id, counts, days, load_ids)
    _erase_rejected(connection, customer_id, counts, load_ids)
    scored = _erase_scores(connection, customer_id, counts)
    _erase_campaigns(connection, customer_id, counts)
    _erase_others(connection, customer_id, counts)
    loads = tables.loads
    chosen = sa.select(loads.c.source).distinct().where(loads.c.load_id.in_(load_ids)).order_by(loads.c.source)
    sources = list(connection.scalars(chosen))
    return Erased(
        {name: rows for name, rows in counts.items() if rows}, sorted({*days, *scored}), scored, sources, files, since
    )


def _read_files(connection: Connection, customer_id: str) -> list[str]:
    contacts = campaign_tables.contacts
    # The view forgets by itself; a file, and the receiver of a webhook, do not.
    mine = (contacts.c.customer_id == customer_id) & (contacts.c.destination != CONTACT_LIST)
    return list(connection.scalars(sa.select(contacts.c.destination).distinct().where(mine)))


def _erase_raw(
    connection: Connection, customer_id: str, counts: Counter[str], days: set[date], load_ids: set[int]
) -> None:
    """Deletes the rows of snapshots; their loads count one row, its charge and its part of the fingerprint less."""
    loads, raw, rewound = tables.loads, tables.telco_churn_raw, tables.telco_churn_reconstructed
    for day, load_id, charge, part in connection.execute(sa.text(_DELETE_RAW), {"it": customer_id}).all():
        counts[raw.fullname] += 1
        days.add(day)
        load_ids.add(load_id)
        fewer = {
            "rows_accepted": loads.c.rows_accepted - 1,
            # NULL for an extract without a value a month, before and after.
            "monthly_charges_total": loads.c.monthly_charges_total - charge,
            # A sum of hashes: so a row that another program changed before is still found.
            "rows_fingerprint": loads.c.rows_fingerprint - part,
            "rows_forgotten": loads.c.rows_forgotten + 1,
        }
        connection.execute(sa.update(loads).where(loads.c.load_id == load_id).values(fewer))
    gone = sa.delete(rewound).where(rewound.c.customer_id == customer_id).returning(rewound.c.snapshot_date)
    found = connection.scalars(gone).all()
    counts[rewound.fullname] += len(found)
    days.update(found)
    own = tables.declared_columns
    counts[own.fullname] += connection.execute(sa.delete(own).where(own.c.customer_id == customer_id)).rowcount


_DELETE_RAW = f"""
    DELETE FROM raw_data.telco_churn_raw WHERE customer_id = :it
    RETURNING snapshot_date, load_id, monthly_charges, {ROW_HASH}
"""


def _erase_rejected(connection: Connection, customer_id: str, counts: Counter[str], load_ids: set[int]) -> None:
    """Deletes the rows that loads have rejected; the loads and the dates scored from them count one row less."""
    loads, publications = tables.loads, tables.publications
    found = connection.scalars(sa.text(_DELETE_REJECTED), {"it": customer_id, "others": _OTHER_NAMES}).all()
    for load_id in found:
        counts[tables.rejected_rows.fullname] += 1
        load_ids.add(load_id)
        fewer = {"rows_rejected": loads.c.rows_rejected - 1, "rows_forgotten": loads.c.rows_forgotten + 1}
        connection.execute(sa.update(loads).where(loads.c.load_id == load_id).values(fewer))
        fewer = {
            "refused_count": publications.c.refused_count - 1,
            "eligible_count": publications.c.eligible_count - 1,
            "forgotten_count": publications.c.forgotten_count + 1,
        }
        scored = (publications.c.load_id == load_id) & (publications.c.refused_count > 0)
        connection.execute(sa.update(publications).where(scored).values(fewer))


_DELETE_REJECTED = """
    DELETE FROM raw_data.rejected_rows
    WHERE EXISTS (
        SELECT FROM json_each_text("row") AS cell
        WHERE btrim(cell.value) = :it AND lower(cell.key) <> ALL(CAST(:others AS text[]))
    ) RETURNING load_id
"""


def _erase_scores(connection: Connection, customer_id: str, counts: Counter[str]) -> list[date]:
    """Deletes the scores; each scored date counts one customer less. Returns these dates, in order."""
    predictions, publications = tables.predictions, tables.publications
    gone = sa.delete(predictions).where(predictions.c.customer_id == customer_id)
    found = connection.scalars(gone.returning(predictions.c.prediction_date)).all()
    counts[predictions.fullname] += len(found)
    fewer = {
        "customers_count": publications.c.customers_count - 1,
        "eligible_count": publications.c.eligible_count - 1,
        "forgotten_count": publications.c.forgotten_count + 1,
    }
    connection.execute(sa.update(publications).where(publications.c.prediction_date.in_(found)).values(fewer))
    return sorted(found)


def _erase_campaigns(connection: Connection, customer_id: str, counts: Counter[str]) -> None:
    """Deletes what campaigns hold: events first, since only their contact leads to the customer."""
    contacts, events = campaign_tables.contacts, campaign_tables.contact_events
    mine = sa.select(contacts.c.contact_id).where(contacts.c.customer_id == customer_id)
    for table in (events, landed_events):
        counts[table.fullname] += connection.execute(sa.delete(table).where(table.c.contact_id.in_(mine))).rowcount
    held: tuple[Table, ...] = (contacts, campaign_tables.assignments, campaign_tables.suppressions)
    for table in held:
        counts[table.fullname] += connection.execute(
            sa.delete(table).where(table.c.customer_id == customer_id)
        ).rowcount


def _erase_others(connection: Connection, customer_id: str, counts: Counter[str]) -> None:
    """Deletes the rows of every other table with a customer's number, those of all versions of SQL models too."""
    others = [name for name in DECLARED if "customer_id" in tables.metadata.tables[name].columns]
    for name in (*others, *connection.scalars(sa.text(FIND_VERSIONS)).all()):
        deleted = connection.execute(sa.text(f"DELETE FROM {name} WHERE customer_id = :it"), {"it": customer_id})
        counts[name] += deleted.rowcount

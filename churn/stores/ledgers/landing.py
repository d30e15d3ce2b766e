"""What other systems inserted: rows of landing.contact_events that no run has looked at yet."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.stores.postgres.landing_tables import INSERTED, landed_events


def read_waiting(connection: Connection) -> dict[int, dict[str, str | None]]:
    """Returns the waiting rows by number, their cells as text. No other process gets them in this transaction."""
    cells = [sa.cast(landed_events.c[name], sa.Text).label(name) for name in INSERTED]
    waiting = landed_events.c.taken_in_at.is_(None)
    query = sa.select(landed_events.c.row_id, *cells).where(waiting).order_by(landed_events.c.row_id)
    rows = connection.execute(query.with_for_update(skip_locked=True)).mappings()
    return {row["row_id"]: {name: (row[name] or "").strip() or None for name in INSERTED} for row in rows}


def mark_taken_in(connection: Connection, row_ids: list[int], at: datetime, refused: Mapping[int, str]) -> None:
    """Marks rows as looked at. Rows in `refused` were set aside, with the reason."""
    if not row_ids:
        return
    mine = landed_events.c.row_id == sa.any_(sa.literal(row_ids, sa.ARRAY(sa.BigInteger)))
    connection.execute(sa.update(landed_events).where(mine).values(taken_in_at=at))
    for row_id, why in refused.items():
        connection.execute(sa.update(landed_events).where(landed_events.c.row_id == row_id).values(refused_why=why))

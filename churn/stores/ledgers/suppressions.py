"""The ledger of customers who must be left alone. The last statement about a customer and a channel counts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import polars as pl
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert

from churn.contracts.campaigns import Suppression
from churn.stores.postgres.campaign_tables import suppressions
from churn.stores.postgres.copying import read_batches


def record_suppressions(connection: Connection, statements: Sequence[Suppression]) -> int:
    """Records statements; one that is there already is not recorded twice. Returns how many are new."""
    if not statements:
        return 0
    # RETURNING has only the rows that were inserted: a statement that is there already gives none.
    added = insert(suppressions).on_conflict_do_nothing().returning(suppressions.c.customer_id)
    return len(connection.execute(added, [asdict(statement) for statement in statements]).all())


def read_suppressed(engine: Engine, on: date) -> pl.DataFrame:
    """Returns customer_id, channel and has_consent of the last statement about each customer and channel on a day."""
    # DISTINCT ON keeps the first row of each customer and channel in the order of ORDER BY: the last statement.
    query = """
        SELECT DISTINCT ON (customer_id, channel) customer_id, channel, reason = 'consent' AS has_consent
        FROM ops.suppressions WHERE since <= $1 AND (until IS NULL OR until >= $1)
        ORDER BY customer_id, channel, since DESC, recorded_at DESC
    """
    return pl.concat(read_batches(engine, query, [on]))

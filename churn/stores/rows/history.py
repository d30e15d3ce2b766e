"""Reads and writes the inputs of history: the first snapshot, the rewound days, and all earlier promotions."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.extract import EXTRACT_COLUMNS, StoredExtract
from churn.scoring.history import Reign
from churn.stores.postgres.copying import copy_in, read_batches
from churn.stores.postgres.tables import promotions, telco_churn_raw, telco_churn_reconstructed

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.extract import StoredExtract


# Postgres' int8 has 8 bytes and is the Int64 of the contract; the stored columns are smaller.
_TYPES = {"senior_citizen": "int8", "tenure": "int8", "monthly_charges": "float8", "total_charges": "float8"}


def read_reigns(engine: Engine) -> list[Reign]:
    """Returns every promotion, in the order of the decisions."""
    chosen = sa.select(promotions.c.decided_at, promotions.c.as_of_date, promotions.c.model_version)
    query = chosen.where(promotions.c.decision == "promote").order_by(promotions.c.promotion_id)
    with engine.connect() as connection:
        return [Reign(**row) for row in connection.execute(query).mappings()]


def read_snapshot(engine: Engine, snapshot_date: date) -> Iterator["DataFrame[StoredExtract]"]:
    """Yields the rows of a stored snapshot, satisfying `StoredExtract`, in batches."""
    columns = ", ".join(f"{name}::{_TYPES.get(name, 'text')} AS {name}" for name in EXTRACT_COLUMNS)
    query = f"SELECT {columns} FROM raw_data.telco_churn_raw WHERE snapshot_date = $1"
    for batch in read_batches(engine, query, [snapshot_date]):
        yield StoredExtract.validate(batch)


def find_longest_tenure(engine: Engine, snapshot_date: date) -> int:
    """Returns the longest tenure of the customers of a stored snapshot who have not left, in whole months."""
    raw = telco_churn_raw.c
    query = sa.select(sa.func.max(raw.tenure)).where(raw.snapshot_date == snapshot_date, raw.churn == "No")
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one() or 0)


def count_rewound(engine: Engine, snapshot_date: date, months: int) -> int:
    """Returns how many customers of a stored snapshot have a row some whole months before; see `reconstruction`."""
    raw = telco_churn_raw.c
    stays = (raw.tenure >= months) & (raw.churn == "No") if months else sa.true()
    query = sa.select(sa.func.count()).where(raw.snapshot_date == snapshot_date, stays)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def find_reconstructed(engine: Engine, first: date, last: date) -> dict[date, tuple[int, int]]:
    """Returns the rewound days of a range, each with the load that it was rewound from and its number of customers."""
    table = telco_churn_reconstructed.c
    query = sa.select(table.snapshot_date, sa.func.min(table.load_id), sa.func.count())
    query = query.where(table.snapshot_date.between(first, last)).group_by(table.snapshot_date)
    with engine.connect() as connection:
        return {day: (load_id, count) for day, load_id, count in connection.execute(query)}


def replace_reconstructed(
    engine: Engine, days: Sequence[date], load_id: int, rows: Iterator["DataFrame[StoredExtract]"]
) -> None:
    """Replaces the rows of rewound days, all or none.

    Args:
        engine: the engine of the database.
        days: the rewound days.
        load_id: the load that the days were rewound from.
        rows: the rows, with the columns of an extract and snapshot_date.
    """
    table = telco_churn_reconstructed
    with engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c.snapshot_date.in_(days)))
        # The rows are read over a connection of their own: this one is busy with COPY.
        for batch in rows:
            copy_in(connection, table, batch.with_columns(pl.lit(load_id).alias("load_id")))

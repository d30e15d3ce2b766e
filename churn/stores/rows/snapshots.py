"""Snapshots in Postgres. A date is replaced as a whole in one transaction or not at all."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from churn.errors import ContractBroken
from churn.intake.limits import Tally
from churn.intake.screening import Screened
from churn.stores.ledgers.loads import Arrival, seen_of
from churn.stores.postgres.copying import copy_in
from churn.stores.postgres.tables import loads, publications, rejected_rows, telco_churn_raw, telco_churn_reconstructed


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
            **seen_of(tally),
        )
    )


def count_snapshot(engine: Engine, snapshot_date: date) -> tuple[int, float]:
    """Returns the rows a snapshot date really holds and their sum of monthly charges (USD)."""
    raw = telco_churn_raw.c
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(raw.monthly_charges), 0))
    with engine.connect() as connection:
        count, total = connection.execute(query.where(raw.snapshot_date == snapshot_date)).one()
    return int(count), float(total)

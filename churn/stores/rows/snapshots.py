"""Stores snapshots. The rows of a date are replaced as a whole in one transaction, or not at all."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from churn.contracts.declaration import Declaration
from churn.errors import ContractBroken
from churn.intake.limits import Tally
from churn.intake.screening import Screened
from churn.stores.ledgers.loads import Arrival, describe_seconds, seen_of
from churn.stores.postgres.copying import copy_in
from churn.stores.postgres.seen import keep_seen
from churn.stores.postgres.tables import (
    declared_columns,
    loads,
    publications,
    rejected_rows,
    second_loads,
    telco_churn_raw,
    telco_churn_reconstructed,
)
from churn.stores.rows.declared import prepare_columns

FINGERPRINTED = tuple(
    column.name for column in telco_churn_raw.c if column.name not in ("snapshot_date", "load_id", "loaded_at")
)
"""The columns whose values the fingerprint holds. A migration that adds one sets the ledger's fingerprints to NULL."""
# The date as a number: as text it would depend on the session's DateStyle.
_TEXTS = ", ".join("left_on - DATE '2000-01-01'" if name == "left_on" else name for name in FINGERPRINTED)
ROW_HASH = f"hashtextextended(ROW({_TEXTS})::text, 0)"
# Postgres adds bigint up as numeric, so that the sum of any number of hashes has no overflow.
_FINGERPRINT: sa.ColumnElement[Decimal] = sa.literal_column(f"coalesce(sum({ROW_HASH}), 0)", sa.Numeric)
"""A sum of one hash for each row, so that the order of the rows does not matter: 7,043 rows take 20 milliseconds."""


class DuplicateCustomer(ContractBroken):
    """A customer is in the file twice, and the product cannot know which row is right.

    The message names rows, not the customer: the ledger, alerts and Prefect's pages keep it.

    Attributes:
        customer_id: the customer who is in the file twice.
    """

    def __init__(self, name: str, customer_id: str, where: str = "") -> None:
        super().__init__(
            f"{name} has the same customer twice{where}.",
            "keep the right row and delete the other; an extract has one row per customer.",
        )
        self.customer_id = customer_id

    def __reduce__(self) -> tuple[Any, ...]:
        # Prefect pickles the exceptions of tasks: the copy must not carry the customer's number.
        return ContractBroken, (self.fact, self.next_step)


def replace_snapshot(
    engine: Engine,
    load_id: int,
    arrival: Arrival,
    declaration: Declaration,
    batches: Iterator[Screened],
    tally: Tally,
) -> None:
    """Replaces the snapshot of a date with the accepted rows of a file, stores the rejected rows, and closes the load.

    If `tally.kept` is above 0, the file corrects rejected rows: the snapshot keeps its rows, and those of the file are
    added.

    All this is one transaction. It also withdraws the date if it was published, so that no reader sees new features
    next to old scores.

    Args:
        engine: the engine of the database.
        load_id: the load, from `open_load`.
        arrival: the file.
        declaration: what the file holds.
        batches: the screened rows of the file.
        tally: the counts of these rows, complete when `batches` is exhausted.

    Raises:
        DuplicateCustomer: a customer is in the file twice. Nothing was stored.
        ContractBroken: `batches` raised it. Nothing was stored.
    """
    day = arrival.snapshot_date
    with engine.begin() as connection:
        superseded = sa.update(loads).where(loads.c.snapshot_date == day, loads.c.status == "loaded")
        connection.execute(superseded.values(status="superseded", reason=f"replaced by load {load_id}"))
        _clear_or_take_over(connection, load_id, day, tally.kept > 0)
        _withdraw(connection, day, load_id)
        prepare_columns(connection, declaration)
        for batch in batches:
            _copy_accepted(connection, load_id, arrival, declaration, batch.accepted)
            _copy_rejected(connection, load_id, batch.rejected)
        _close_load(connection, load_id, day, tally)


def _clear_or_take_over(connection: Connection, load_id: int, day: date, keeps: bool) -> None:
    """Deletes the rows of a date; if the file only adds corrected rows, moves them to the new load instead."""
    of_day = telco_churn_raw.c.snapshot_date == day
    taken_over = sa.update(telco_churn_raw).where(of_day).values(load_id=load_id)
    # Rewound rows replace days before the first snapshot. With this snapshot stored, no later day is such a day.
    rewound = telco_churn_reconstructed
    connection.execute(sa.delete(rewound).where(rewound.c.snapshot_date >= day))
    connection.execute(taken_over if keeps else sa.delete(telco_churn_raw).where(of_day))
    declared = declared_columns.c.snapshot_date == day
    own_taken_over = sa.update(declared_columns).where(declared).values(load_id=load_id)
    connection.execute(own_taken_over if keeps else sa.delete(declared_columns).where(declared))


def _withdraw(connection: Connection, day: date, load_id: int) -> None:
    """Withdraws a published date until it is published again, and later days that were only reconstructed."""
    is_rewound_later = (publications.c.basis == "reconstructed") & (publications.c.prediction_date > day)
    is_hidden = ((publications.c.prediction_date == day) | is_rewound_later) & (publications.c.status == "published")
    hidden = list(connection.scalars(sa.select(publications.c.prediction_date).where(is_hidden)))
    keep_seen(connection, hidden, f"load {load_id}")
    of_hidden = sa.update(publications).where(publications.c.prediction_date.in_(hidden))
    connection.execute(of_hidden.values(status="withdrawn", published_at=None))


def _copy_accepted(
    connection: Connection, load_id: int, arrival: Arrival, declaration: Declaration, accepted: pl.DataFrame
) -> None:
    own = [column.name for column in declaration.stored]
    keyed = accepted.with_columns(
        pl.lit(arrival.snapshot_date).alias("snapshot_date"), pl.lit(load_id, dtype=pl.Int64).alias("load_id")
    )
    try:
        copy_in(connection, telco_churn_raw, keyed.drop(own))
        if own:
            copy_in(connection, declared_columns, keyed.select("snapshot_date", "customer_id", "load_id", *own))
    except UniqueViolation as error:
        # Postgres names the customer only in the detail: Key (snapshot_date, customer_id)=(2026-01-31, 7590-VHVEG).
        key = str(error.diag.message_detail).partition("=(")[2].rpartition(")")[0]
        raise DuplicateCustomer(arrival.name, key.partition(", ")[2]) from error


def _copy_rejected(connection: Connection, load_id: int, rejected: pl.DataFrame) -> None:
    if rejected.is_empty():
        return
    copy_in(connection, rejected_rows, rejected.with_columns(pl.lit(load_id).alias("load_id")))


def _close_load(connection: Connection, load_id: int, day: date, tally: Tally) -> None:
    """Records the counts of the rows that were sent. `validate_extract` later counts the stored rows independently."""
    closed = sa.update(loads).where(loads.c.load_id == load_id)
    stored = sa.select(_FINGERPRINT).where(telco_churn_raw.c.load_id == load_id, telco_churn_raw.c.snapshot_date == day)
    connection.execute(
        closed.values(
            rows_fingerprint=stored.scalar_subquery(),
            rows_accepted=tally.customers,
            # A sum of floats differs in its last bits with the size of the batches.
            monthly_charges_total=None if tally.monthly_charges_usd is None else round(tally.monthly_charges_usd, 6),
            status="loaded",
            ended_at=sa.func.clock_timestamp(),  # now() would be the start of the transaction.
            **seen_of(tally),
        )
    )
    if tally.seconds:
        connection.execute(sa.insert(second_loads), describe_seconds(load_id, tally))


def read_customers(engine: Engine, snapshot_date: date, ids: list[str], columns: Sequence[str]) -> pl.DataFrame:
    """Returns customer_id and some columns of those of the customers that a snapshot has."""
    raw = telco_churn_raw.c
    names = ["customer_id", *columns]
    # One array parameter: IN would need one for each customer, and Postgres takes at most 65,535.
    query = sa.select(*(raw[name] for name in names)).where(
        raw.snapshot_date == snapshot_date, raw.customer_id == sa.any_(sa.literal(ids, sa.ARRAY(sa.Text)))
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    schema = dict.fromkeys(names, pl.String) | {"monthly_charges": pl.Float64, "senior_citizen": pl.Int64}
    return pl.DataFrame([tuple(row) for row in rows], schema={name: schema[name] for name in names}, orient="row")


def count_snapshot(engine: Engine, snapshot_date: date) -> tuple[int, float | None, Decimal]:
    """Returns the number of stored rows of a date, the sum of their monthly charges in USD, and their fingerprint.

    The sum is None for an extract without a value a month.
    """
    raw = telco_churn_raw.c
    query = sa.select(sa.func.count(), sa.func.sum(raw.monthly_charges), _FINGERPRINT)
    with engine.connect() as connection:
        count, total, fingerprint = connection.execute(query.where(raw.snapshot_date == snapshot_date)).one()
    return int(count), None if total is None else float(total), fingerprint

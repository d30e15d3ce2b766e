"""Reads the stored row of one customer."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.extract import EXTRACT_COLUMNS
from churn.stores.postgres.tables import declared_columns, telco_churn_raw
from churn.stores.rows.declared import read_columns


def read_customer_row(engine: Engine, snapshot_date: date, customer_id: str) -> Mapping[str, Any] | None:
    """Returns the columns of the extract and the declared ones of a customer; None if the date lacks the customer."""
    names = ("snapshot_date", *EXTRACT_COLUMNS)
    columns: list[sa.ColumnElement[Any]] = [telco_churn_raw.c[name] for name in names]
    with engine.connect() as connection:
        core = _read(connection, telco_churn_raw, columns, snapshot_date, customer_id)
        if core is None:
            return None
        own: list[sa.ColumnElement[Any]] = [sa.column(name) for name in read_columns(connection)]
        beside = _read(connection, declared_columns, own, snapshot_date, customer_id) if own else None
    return {**core, **(beside or {})}


def _read(
    connection: Connection,
    table: sa.Table,
    columns: list[sa.ColumnElement[Any]],
    snapshot_date: date,
    customer_id: str,
) -> Mapping[str, Any] | None:
    chosen = (table.c.snapshot_date == snapshot_date, table.c.customer_id == customer_id)
    row = connection.execute(sa.select(*columns).select_from(table).where(*chosen)).mappings().one_or_none()
    # Money is stored as decimals; features and models have floats.
    if row is None:
        return None
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}

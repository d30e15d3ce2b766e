"""Reads the rows of one published date for export to other systems."""

from collections.abc import Iterator
from datetime import date

import polars as pl
from sqlalchemy import Engine

from churn.contracts.action_list import ACTION_LIST
from churn.stores.postgres.copying import read_batches
from churn.stores.shown.calls import MONEY

_COLUMNS = (f"{column.name}::float8" if column.name in MONEY else column.name for column in ACTION_LIST)
_ACTION_LIST = f"SELECT {', '.join(_COLUMNS)} FROM reporting.action_list WHERE prediction_date = $1 ORDER BY call_rank"
_PREDICTIONS = """
    SELECT prediction_date, customer_id, churn_probability, at_risk_flag, risk_tier, revenue_at_risk_usd,
        expected_annual_loss_usd, lifetime_value_usd, is_active, reasons, model_name, model_version, basis
    FROM analytics.predictions WHERE prediction_date = $1
"""
EXPORTS = {"action-list": _ACTION_LIST, "predictions": _PREDICTIONS}


def read_export(engine: Engine, what: str, prediction_date: date) -> Iterator[pl.DataFrame]:
    """Yields the rows of a date in batches: the action list in the order of call_rank, predictions in no order.

    Args:
        engine: the engine of the database.
        what: `action-list` or `predictions`.
        prediction_date: a published date.
    """
    return read_batches(engine, EXPORTS[what], [prediction_date])

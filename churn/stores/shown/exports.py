"""Reads the rows of one published date for export to other systems."""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Engine

from churn.contracts.action_list import ACTION_LIST
from churn.contracts.horizons import MONTH_OF_EXTRACT
from churn.stores.postgres.copying import read_batches
from churn.stores.shown.calls import MONEY
from churn.stores.shown.versions import Version

# A version of a date that readers saw before money had a currency has none: it was USD.
_READ = {**{name: f"{name}::float8" for name in MONEY}, "currency": "coalesce(currency, 'USD') AS currency"}
_COLUMNS = (_READ.get(column.name, column.name) for column in ACTION_LIST)
_ACTION_LIST = f"SELECT {', '.join(_COLUMNS)} FROM {{calls}} WHERE prediction_date = $1 ORDER BY call_rank"
_PREDICTIONS = f"""
    SELECT prediction_date, customer_id, churn_probability,
        coalesce(horizon, '{MONTH_OF_EXTRACT}') AS horizon, at_risk_flag, risk_tier, revenue_at_risk_usd,
        expected_annual_loss_usd, lifetime_value_usd, probability_12m, expected_months_12m, expected_loss_12m_usd,
        future_value_usd, best_call_month, is_active, reasons, model_name, model_version, basis,
        coalesce(currency, 'USD') AS currency
    FROM {{scores}} JOIN (SELECT prediction_date, horizon, currency FROM {{days}}) AS days USING (prediction_date)
    WHERE prediction_date = $1 ORDER BY customer_id
"""
EXPORTS = {"action-list": _ACTION_LIST, "predictions": _PREDICTIONS}


def read_export(engine: Engine, what: str, version: Version) -> Iterator[pl.DataFrame]:
    """Yields the rows of a published date in batches: the same rows in the same order, whenever they are read.

    Args:
        engine: the engine of the database.
        what: `action-list`, in the order of call_rank, or `predictions`, in the order of the customer number.
        version: the date, as readers saw it.
    """
    query = EXPORTS[what].format(
        calls=version.rows_of("reporting.action_list"),
        scores=version.rows_of("analytics.predictions"),
        days=version.rows_of("ops.publications"),
    )
    return read_batches(engine, query, [version.publication.prediction_date])

"""Reads the rows of one published date for export to other systems."""

from collections.abc import Iterator
from datetime import date

import polars as pl
from sqlalchemy import Engine

from churn.stores.postgres.copying import read_batches

_ACTION_LIST = """
    SELECT prediction_date, call_rank, customer_id, risk_tier, recommended_action, churn_probability, reasons,
        expected_annual_loss_usd::float8, revenue_at_risk_usd::float8, lifetime_value_usd::float8, monthly_charges,
        price_above_list_usd, total_charges, tenure_months, tenure_band, contract, internet_service, payment_method,
        has_online_security, has_tech_support, services_count, is_senior_citizen, churn_risk_score, basis, model_version
    FROM reporting.action_list WHERE prediction_date = $1 ORDER BY call_rank
"""
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

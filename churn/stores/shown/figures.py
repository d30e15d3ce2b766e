"""Reads the figures and the first calls of a published date, for the terminal, run pages and alerts."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.errors import NotThere


def read_kpis(engine: Engine, prediction_date: date) -> dict[str, Any]:
    """Returns the row of reporting.kpi_daily of a published date.

    Raises:
        NotThere: the view has no row of the date. The next step of the error repairs it.
    """
    query = sa.text("SELECT * FROM reporting.kpi_daily WHERE prediction_date = :day")
    with engine.connect() as connection:
        row = connection.execute(query, {"day": prediction_date}).mappings().one_or_none()
    if row is None:
        raise NotThere(
            f"{prediction_date} is published, but reporting.kpi_daily has no row of it.",
            "run `churn transforms check`: it compares every published day with its scores and repairs differences.",
        )
    return dict(row)


def read_first_calls(engine: Engine, prediction_date: date, limit: int) -> list[dict[str, Any]]:
    """Returns the active customers whom a contact is expected to earn most with, the most first."""
    query = sa.text("""
        SELECT customer_id, churn_probability, risk_tier, CAST(expected_annual_loss_usd AS float8),
               CAST(expected_profit_usd AS float8), monthly_charges,
               tenure_months, contract, internet_service, payment_method, coalesce(scored.reasons, '{}') AS reasons
        FROM reporting.action_list
        LEFT JOIN (SELECT prediction_date, customer_id, reasons FROM analytics.predictions) AS scored
            USING (prediction_date, customer_id)
        WHERE prediction_date = :day AND call_rank <= :limit
        ORDER BY call_rank
    """)
    with engine.connect() as connection:
        rows = connection.execute(query, {"day": prediction_date, "limit": limit}).mappings()
        return [dict(row) for row in rows]

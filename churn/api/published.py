"""A customer's published scores: the latest with its reasons, a history, and what changed."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from churn.api.problems import Problem
from churn.contracts.horizons import MONTH_OF_EXTRACT
from churn.settings import Settings
from churn.stores.postgres.readers import reading
from churn.stores.shown import Row, marts

POINTS = 12
WATCHED = (
    *("contract", "internet_service", "payment_method", "services_count", "has_online_security", "has_tech_support"),
    *("monthly_charges", "risk_tier", "is_active", "model_version"),
)
"""The columns whose changes are named."""


def read_published(settings: Settings, customer_id: str) -> Row:
    """Returns the answer about a customer.

    Raises:
        Problem: no published date has the customer.
        Unavailable: the database did not answer.
    """
    with reading(settings) as connection:
        history = marts.read_customer(connection, customer_id, POINTS)
        horizons = {row["prediction_date"]: row for row in marts.read_publications(connection)} if history else {}
    if not history:
        raise Problem(404, "No published date has this customer.", "check the customer number.")
    latest = history[0]
    published = horizons.get(latest["prediction_date"], {})
    return {
        "customer_id": latest["customer_id"],
        **{name: latest[name] for name in _LATEST},
        "prediction_date": latest["prediction_date"].isoformat(),
        "horizon": published.get("horizon") or MONTH_OF_EXTRACT,
        "is_synthetic": published.get("is_synthetic"),
        "currency": published.get("currency"),
        "history": [_as_point(row) for row in reversed(history)],
        "changes": find_changes(list(reversed(history))),
    }


_LATEST = (
    *("churn_probability", "at_risk_flag", "risk_tier", "recommended_action", "reasons", "expected_annual_loss_usd"),
    *("expected_profit_usd", "is_active", "basis", "model_version"),
)


def _as_point(row: Row) -> Row:
    day: date = row["prediction_date"]
    names = ("churn_probability", "risk_tier", "basis", "model_version")
    return {"prediction_date": day.isoformat(), **{name: row[name] for name in names}}


def find_changes(history: Sequence[Row]) -> list[Row]:
    """Returns each change of a watched column, the latest first.

    Args:
        history: the scores of a customer, in order of date.
    """
    changes: list[Row] = [
        {
            "prediction_date": after["prediction_date"].isoformat(),
            "column": name,
            "before": before[name],
            "after": after[name],
            "probability_change": round(after["churn_probability"] - before["churn_probability"], 9),
        }
        for before, after in pairwise(history)
        for name in WATCHED
        if before[name] != after[name]
    ]
    return changes[::-1]

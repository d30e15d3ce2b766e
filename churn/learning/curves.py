"""The curves of a model on its test part, as points for a table and for a page. Pure.

Each point has its number as a text key ("01", "02", ...), since SQL can look up a JSON key on every engine.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn.economics.policies import ValuePolicy
from churn.economics.value import expected_profit_usd, profit_if_contacted_usd
from churn.learning.slices import Slice

GROUPS = 10
POINTS = 20

Labels = NDArray[np.bool_]
Floats = NDArray[np.float64]
Numbered = dict[str, dict[str, Any]]


def tell_curves(
    labels: Labels, probabilities: Floats, monthly_charges: Floats, slices: Sequence[Slice], policy: ValuePolicy
) -> dict[str, Numbered]:
    """Returns the points of calibration, gain and profit, and the slices.

    Args:
        labels: (n,) who left.
        probabilities: (n,) of leaving.
        monthly_charges: (n,) USD a month.
        slices: the figures of the model for each kind of customer.
        policy: the costs and the value of an offer.
    """
    return {
        "calibration": _number(_calibration(labels, probabilities)),
        "gain": _number(_gain(labels, probabilities)),
        "profit": _number(_profit(labels, probabilities, monthly_charges, policy)),
        "slices": _number([asdict(part) for part in slices]),
    }


def _number(points: Sequence[dict[str, Any]]) -> Numbered:
    return {f"{number:02d}": point for number, point in enumerate(points, 1)}


def _calibration(labels: Labels, probabilities: Floats) -> list[dict[str, Any]]:
    """Returns mean probability and share who left, for at most ten groups of equal size, the lowest first."""
    groups = np.array_split(np.argsort(probabilities, kind="stable"), GROUPS)
    return [_point(probabilities[rows].mean(), labels[rows].mean(), len(rows)) for rows in groups if len(rows)]


def _gain(labels: Labels, probabilities: Floats) -> list[dict[str, Any]]:
    """Returns the share of leavers among 5%, 10%, ... of the customers, highest probability first."""
    share_found = np.cumsum(labels[np.argsort(-probabilities, kind="stable")]) / labels.sum()
    return [_point(count / len(labels), share_found[count - 1], count) for count in _counts(len(labels))]


def _profit(
    labels: Labels, probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy
) -> list[dict[str, Any]]:
    """Returns the profit in USD per 1,000 customers of contacting 5%, 10%, ... of them, best expected profit first."""
    order = np.argsort(-expected_profit_usd(probabilities, monthly_charges, policy), kind="stable")
    earned = np.cumsum(profit_if_contacted_usd(labels, monthly_charges, policy)[order]) / len(labels) * 1000
    return [_point(count / len(labels), earned[count - 1], count) for count in _counts(len(labels))]


def _counts(rows: int) -> list[int]:
    # 1e-9 for the same reason as in figures._top_decile: both must call the same number of customers.
    return [int(np.ceil(rows * number / POINTS - 1e-9)) for number in range(1, POINTS + 1)]


def _point(x: float, y: float, customers: int) -> dict[str, Any]:
    return {"x": float(x), "y": float(y), "customers": customers}

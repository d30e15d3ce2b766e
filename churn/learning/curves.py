"""The curves of a model on its test part, as points for a table and for a page. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from churn.contracts.decisions import Curves, Point, Slice
from churn.economics.policies import ValuePolicy
from churn.economics.value import expected_profit_usd, profit_if_contacted_usd

GROUPS = 10
POINTS = 20

Labels = NDArray[np.bool_]
Floats = NDArray[np.float64]


def tell_curves(
    labels: Labels, probabilities: Floats, monthly_charges: Floats | None, slices: Sequence[Slice], policy: ValuePolicy
) -> Curves:
    """Returns the points of calibration, gain and profit, and the slices.

    Args:
        labels: (n,) who left.
        probabilities: (n,) of leaving.
        monthly_charges: (n,) USD a month; None without a value a month: the curve of the profit has no points then.
        slices: the figures of the model for each kind of customer.
        policy: the costs and the value of an offer.
    """
    return Curves(
        calibration=_calibration(labels, probabilities),
        gain=_gain(labels, probabilities),
        profit=() if monthly_charges is None else _profit(labels, probabilities, monthly_charges, policy),
        slices=tuple(slices),
    )


def _calibration(labels: Labels, probabilities: Floats) -> tuple[Point, ...]:
    """Returns mean probability and share who left, for at most ten groups of equal size, the lowest first."""
    # Groups of equal size, and not of equal width: most customers have a small probability.
    groups = np.array_split(np.argsort(probabilities, kind="stable"), GROUPS)
    return tuple(_point(probabilities[rows].mean(), labels[rows].mean(), len(rows)) for rows in groups if len(rows))


def _gain(labels: Labels, probabilities: Floats) -> tuple[Point, ...]:
    """Returns the share of leavers among 5%, 10%, ... of the customers, highest probability first."""
    share_found = np.cumsum(labels[np.argsort(-probabilities, kind="stable")]) / labels.sum()
    return tuple(_point(count / len(labels), share_found[count - 1], count) for count in _counts(len(labels)))


def _profit(labels: Labels, probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy) -> tuple[Point, ...]:
    """Returns the profit in USD per 1,000 customers of contacting 5%, 10%, ... of them, best expected profit first."""
    order = np.argsort(-expected_profit_usd(probabilities, monthly_charges, policy), kind="stable")
    earned = np.cumsum(profit_if_contacted_usd(labels, monthly_charges, policy)[order]) / len(labels) * 1000
    return tuple(_point(count / len(labels), earned[count - 1], count) for count in _counts(len(labels)))


def _counts(rows: int) -> list[int]:
    # 1e-9 for the same reason as in figures._top_decile: both must call the same number of customers.
    return [int(np.ceil(rows * number / POINTS - 1e-9)) for number in range(1, POINTS + 1)]


def _point(x: float, y: float, customers: int) -> Point:
    return Point(float(x), float(y), customers)

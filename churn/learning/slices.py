"""Measures a model for each kind of customer: by contract, tenure band, age and gender."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.decisions import Interval, Slice
from churn.learning.figures import THRESHOLD, bootstrap_weights, weighted_roc_auc

_KEYS = ("as_of_date", "customer_id")
MOST_VALUES = 30
"""A column with more values divides the customers into groups that are too small to judge."""


def measure_slices(
    labels: NDArray[np.bool_], probabilities: NDArray[np.float64], groups: pl.DataFrame, seed: int
) -> list[Slice]:
    """Measures every value of every column that divides the customers.

    Args:
        labels: (n,) who left.
        probabilities: (n,) of leaving.
        groups: n rows in the same order: keys, and the columns that divide the customers. An empty frame gives no
            slices. A blank value is no slice.
    """
    return [
        _measure_slice(column, value, groups[column].eq_missing(value).to_numpy(), labels, probabilities, seed)
        for column in groups.columns
        if column not in _KEYS and groups[column].n_unique() <= MOST_VALUES
        # Sorted: `unique` gives another order at each call, and the evidence of a decision must not change with it.
        for value in groups[column].drop_nulls().unique().sort().to_list()
    ]


def _measure_slice(
    column: str,
    value: object,
    chosen: NDArray[np.bool_],
    labels: NDArray[np.bool_],
    probabilities: NDArray[np.float64],
    seed: int,
) -> Slice:
    left, promised = labels[chosen], probabilities[chosen]
    return Slice(
        column=column,
        value=str(value),
        customers=len(left),
        leavers=int(left.sum()),
        promised_rate=float(promised.mean()),
        left_rate=float(left.mean()),
        flagged_rate=float((promised >= THRESHOLD).mean()),
        roc_auc=_roc_auc(left, promised, seed) if 0 < left.sum() < len(left) else None,
    )


def _roc_auc(labels: NDArray[np.bool_], probabilities: NDArray[np.float64], seed: int) -> Interval:
    weights = np.vstack([np.ones(len(labels)), bootstrap_weights(len(labels), seed)])
    values = weighted_roc_auc(labels, probabilities, weights)
    return Interval(float(values[0]), *map(float, np.nanquantile(values[1:], [0.025, 0.975])))

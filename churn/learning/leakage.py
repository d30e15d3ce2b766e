"""Finds label leakage: a single feature that predicts almost perfectly who left contains the label.

For each feature alone, the rate of leavers per value (or per fiftieth of its range) is computed on one half of the
customers and predicts the other half. So every shape counts: rising, falling or zigzag. On the public sample no single
feature reaches a ROC-AUC of 0.75; a feature above 0.95 is refused.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.features import SHIPPED_FEATURES, FeatureSet
from churn.errors import ContractBroken
from churn.learning.figures import weighted_roc_auc

SUSPICIOUS_ROC_AUC = 0.95
_BINS = 50


def check_leakage(examples: pl.DataFrame, given: FeatureSet = SHIPPED_FEATURES) -> None:
    """Refuses examples with a feature that contains the label.

    Raises:
        ContractBroken: the message names every such feature.
    """
    alone = roc_auc_alone(examples, given)
    leaks = {name: value for name, value in alone.items() if value > SUSPICIOUS_ROC_AUC}
    if leaks:
        names = ", ".join(f"{name} (ROC-AUC {value:.3f} by itself)" for name, value in leaks.items())
        raise ContractBroken(
            f"The label leaks into {names}. Nothing was trained.",
            "find the column of the extract or the expression in transforms/ that depends on who left, and remove it.",
        )


def roc_auc_alone(examples: pl.DataFrame, given: FeatureSet = SHIPPED_FEATURES) -> dict[str, float]:
    """Returns the ROC-AUC of each feature by itself, measured on the half that its rates were not computed on."""
    labels = examples["has_churned"].to_numpy()
    # Two halves: rates measured on their own customers would make every feature with many values look like a leak.
    is_learned_on = _every_other_by_label(labels)
    tried = labels[~is_learned_on]
    return {
        name: float(weighted_roc_auc(tried, scores, np.ones((1, len(tried))))[0])
        for name in given.names
        for scores in [_rates(_as_numbers(examples[name]), labels, is_learned_on)]
    }


def _as_numbers(values: pl.Series) -> NDArray[np.float64]:
    """Returns words as their places in the alphabet, and a blank as a number below all others."""
    numbers = values.rank("dense") if values.dtype == pl.String else values
    lowest = float(numbers.min() or 0)  # type: ignore[arg-type]
    return numbers.cast(pl.Float64).fill_null(lowest - 1).to_numpy()


def _every_other_by_label(labels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns a mask of half of the leavers and half of the stayers."""
    position = np.where(labels, np.cumsum(labels), np.cumsum(~labels))
    return position % 2 == 0


def _rates(
    values: NDArray[np.float64], labels: NDArray[np.bool_], is_learned_on: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Returns scores for the other half: the rate of leavers at the value of each customer.

    A rare value has a rate close to the base rate, as if one average customer more had it.
    """
    distinct = np.unique(values)
    edges = distinct if len(distinct) <= _BINS else np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1])
    place = np.searchsorted(edges, values)
    count = np.bincount(place[is_learned_on], minlength=len(edges) + 1)
    left = np.bincount(place[is_learned_on], weights=labels[is_learned_on], minlength=len(edges) + 1)
    return ((left + labels.mean()) / (count + 1))[place[~is_learned_on]]

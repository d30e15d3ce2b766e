"""Figures of a model's probabilities against what happened, with bootstrap intervals.

Every figure is computed for many weightings of the same rows at once: weight 1 everywhere is the figure itself,
multinomial weights are bootstrap replicates. Ties share a threshold, so tied scores neither gain nor lose by their
order, except in the top decile, which is exactly ceil(10 %) rows in the order given.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIGURES = (
    "pr_auc",
    "roc_auc",
    "log_loss",
    "brier",
    "ece",
    "precision",
    "recall",
    "f1",
    "recall_at_10",
    "lift_at_10",
)
THRESHOLD = 0.5
REPLICATES = 500
_EPSILON = 1e-15


@dataclass(frozen=True)
class Interval:
    """A figure with the 2.5 % and 97.5 % points of its bootstrap distribution."""

    value: float
    low: float
    high: float


def bootstrap_weights(rows: int, seed: int, replicates: int = REPLICATES) -> Floats:
    """Returns (replicates, rows) counts of how often each row is drawn. The same seed pairs several models."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(rows, np.full(rows, 1 / rows), size=replicates).astype(np.float64)


def measure(labels: NDArray[np.bool_], probabilities: Floats, seed: int) -> dict[str, Interval]:
    """Returns every figure of FIGURES with its interval.

    Args:
        labels: (n,) who left. At least one left and one stayed.
        probabilities: (n,) of leaving.
        seed: of the bootstrap.
    """
    values = weighted_figures(labels, probabilities, np.ones((1, len(labels))))
    replicates = weighted_figures(labels, probabilities, bootstrap_weights(len(labels), seed))
    bounds = {name: np.nanquantile(replicates[name], [0.025, 0.975]) for name in FIGURES}
    return {name: Interval(float(values[name][0]), *map(float, bounds[name])) for name in FIGURES}


def weighted_figures(labels: NDArray[np.bool_], probabilities: Floats, weights: Floats) -> Mapping[str, Floats]:
    """Returns each figure as an array of one value per row of `weights` (replicates, n)."""
    order = np.argsort(-probabilities, kind="stable")
    sorted_labels, scores, weights = labels[order].astype(np.float64), probabilities[order], weights[:, order]
    found = np.cumsum(weights * sorted_labels, axis=1)
    flagged = np.cumsum(weights, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            **_ranking(scores, found, flagged),
            **_calibration(sorted_labels, scores, weights),
            **_at_threshold(scores, found, flagged),
            **_top_decile(sorted_labels, weights, flagged),
        }


def _ranking(scores: Floats, found: Floats, flagged: Floats) -> dict[str, Floats]:
    """Average precision and area under ROC over distinct thresholds."""
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits, calls = found[:, ends], flagged[:, ends]
    leavers = found[:, -1:]
    recall, precision = hits / leavers, hits / calls
    recall_steps = np.diff(recall, prepend=0, axis=1)
    false_alarms = (calls - hits) / (calls[:, -1:] - leavers)
    mean_recall = recall - recall_steps / 2
    return {
        "pr_auc": np.nansum(recall_steps * precision, axis=1),
        "roc_auc": np.sum(np.diff(false_alarms, prepend=0, axis=1) * mean_recall, axis=1),
    }


def _calibration(labels: Floats, scores: Floats, weights: Floats) -> dict[str, Floats]:
    clipped = np.clip(scores, _EPSILON, 1 - _EPSILON)
    losses = -np.where(labels == 1, np.log(clipped), np.log1p(-clipped))
    total = weights.sum(axis=1)
    bins = np.array_split(np.arange(len(scores)), 10)
    gaps = [np.abs((weights[:, rows] * (labels - scores)[rows]).sum(axis=1)) for rows in bins]
    return {
        "log_loss": weights @ losses / total,
        "brier": weights @ (labels - scores) ** 2 / total,
        "ece": np.sum(gaps, axis=0) / total,
    }


def _at_threshold(scores: Floats, found: Floats, flagged: Floats) -> dict[str, Floats]:
    count = int(np.searchsorted(-scores, -THRESHOLD, side="right"))
    hits = found[:, count - 1] if count else np.zeros(len(found))
    calls = flagged[:, count - 1] if count else np.zeros(len(found))
    leavers = found[:, -1]
    return {
        "precision": np.where(calls > 0, hits / np.maximum(calls, 1), 0.0),
        "recall": hits / leavers,
        "f1": 2 * hits / (calls + leavers),
    }


def _top_decile(labels: Floats, weights: Floats, flagged: Floats) -> dict[str, Floats]:
    """Of exactly ceil(10 %) rows: the share of all leavers among them, and that share over 10 %."""
    seats = np.ceil(flagged[:, -1:] * 0.1 - 1e-9)
    taken = np.clip(seats - (flagged - weights), 0, weights)
    leavers = weights @ labels
    recall = taken @ labels / leavers
    return {"recall_at_10": recall, "lift_at_10": recall / (seats[:, 0] / flagged[:, -1])}


def confusion(labels: NDArray[np.bool_], probabilities: Floats) -> dict[str, int]:
    """Returns the four counts at the threshold of 0.5; they add up to n."""
    flagged = probabilities >= THRESHOLD
    return {
        "true_positive": int((labels & flagged).sum()),
        "false_positive": int((~labels & flagged).sum()),
        "false_negative": int((labels & ~flagged).sum()),
        "true_negative": int((~labels & ~flagged).sum()),
    }

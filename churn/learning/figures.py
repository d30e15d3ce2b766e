"""Computes figures of probabilities compared with what happened, with bootstrap intervals.

Every figure is computed for many weightings of the same rows at once: weight 1 for every row gives the figure itself,
multinomial weights give bootstrap replicates. Equal scores share a threshold, so that their order does not matter. The
top decile is the exception: it has exactly ceil(10%) of the rows, in the given order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from churn.contracts.decisions import Interval

Floats = NDArray[np.float64]
Weights: TypeAlias = NDArray[Any]
"""(replicates, n) in 64 or 32 bits."""

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
_BLOCK = 64


@lru_cache(maxsize=4)
def bootstrap_weights(rows: int, seed: int, replicates: int = REPLICATES) -> Weights:
    """Returns (replicates, rows) counts of how often each row is drawn.

    The same seed gives the same draws, so that several models are compared on the same resampled rows. 32 bits are
    enough: the counts are exact, and an interval needs no more digits of a sum.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(rows, np.full(rows, 1 / rows), size=replicates)
    # Fortran order: the weights of one row are neighbours in memory. Sorting and summing by row is then several times
    # faster.
    weights = np.asfortranarray(drawn, dtype=np.float32)
    weights.flags.writeable = False  # The cache gives the same array to every caller: a write would change it for all.
    return weights


def measure(labels: NDArray[np.bool_], probabilities: Floats, seed: int) -> dict[str, Interval]:
    """Returns every figure of FIGURES with its interval.

    Args:
        labels: (n,) who left; at least one customer left and one stayed.
        probabilities: (n,) probabilities of leaving.
        seed: the seed of the bootstrap.
    """
    values = weighted_figures(labels, probabilities, np.ones((1, len(labels))))
    replicates = weighted_figures(labels, probabilities, bootstrap_weights(len(labels), seed))
    bounds = {name: np.nanquantile(replicates[name], [0.025, 0.975]) for name in FIGURES}
    return {name: Interval(float(values[name][0]), *map(float, bounds[name])) for name in FIGURES}


def weighted_figures(labels: NDArray[np.bool_], probabilities: Floats, weights: Weights) -> Mapping[str, Floats]:
    """Returns each figure as an array of one value per row of `weights` (replicates, n)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        blocks = [_all_figures(counts) for counts in _count(labels, probabilities, weights)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in FIGURES}


def weighted_pr_auc(labels: NDArray[np.bool_], probabilities: Floats, weights: Weights) -> Floats:
    """Returns PR-AUC alone, one value per row of `weights` (replicates, n)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([_pr_auc(counts) for counts in _count(labels, probabilities, weights)])


def weighted_roc_auc(labels: NDArray[np.bool_], probabilities: Floats, weights: Weights) -> Floats:
    """Returns ROC-AUC alone, one value per row of `weights` (replicates, n)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([_roc_auc(counts) for counts in _count(labels, probabilities, weights)])


@dataclass(frozen=True)
class _Counts:
    """Rows from the highest probability down, with cumulative counts, (n, replicates).

    Attributes:
        gained: leavers in each row.
        found: leavers up to each row.
        flagged: rows up to each row.
        hits: `found` at the end of each run of equal scores.
        calls: `flagged` at the end of each run of equal scores.
    """

    labels: NDArray[np.bool_]
    scores: Floats
    weights: Weights
    gained: Weights
    found: Weights
    flagged: Weights
    hits: Weights
    calls: Weights


def _count(labels: NDArray[np.bool_], probabilities: Floats, weights: Weights) -> Iterator[_Counts]:
    """Yields the counts of _BLOCK replicates at a time: about as many as fit into the processor's cache."""
    order = np.argsort(-probabilities, kind="stable")
    labels, scores = labels[order], probabilities[order]
    # The last row of each run of equal scores: only there a threshold can lie.
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    has_ties = len(ends) < len(scores)
    for first in range(0, len(weights), _BLOCK):
        by_row = weights[first : first + _BLOCK].T[order]
        gained = by_row * labels[:, None]
        found, flagged = np.cumsum(gained, axis=0), np.cumsum(by_row, axis=0)
        hits, calls = (found[ends], flagged[ends]) if has_ties else (found, flagged)
        yield _Counts(labels, scores, by_row, gained, found, flagged, hits, calls)


def _all_figures(counts: _Counts) -> dict[str, Floats]:
    return {
        "pr_auc": _pr_auc(counts),
        "roc_auc": _roc_auc(counts),
        **_calibration(counts),
        **_at_threshold(counts),
        **_top_decile(counts),
    }


def _pr_auc(counts: _Counts) -> Floats:
    """Returns the average precision over distinct thresholds."""
    has_ties = len(counts.hits) < len(counts.found)
    steps = np.diff(counts.hits, prepend=0, axis=0) if has_ties else counts.gained
    return np.asarray(np.nansum(steps * counts.hits / counts.calls, axis=0) / counts.hits[-1])


def _roc_auc(counts: _Counts) -> Floats:
    """Returns the area under the ROC curve over distinct thresholds, by trapezoids."""
    alarms = counts.calls - counts.hits
    mean_hits = counts.hits - np.diff(counts.hits, prepend=0, axis=0) / 2
    area = np.sum(np.diff(alarms, prepend=0, axis=0) * mean_hits, axis=0)
    return np.asarray(area / alarms[-1] / counts.hits[-1])


def log_losses(labels: NDArray[np.bool_], probabilities: Floats) -> Floats:
    """Returns the (n,) logarithmic loss of each row. It is finite even for a wrong prediction of 0 or 1."""
    # log1p, since 1 - p loses the digits of a small p. A prediction of exactly 0 or 1 would give an infinite loss.
    clipped = np.clip(probabilities, _EPSILON, 1 - _EPSILON)
    return np.asarray(-np.where(labels, np.log(clipped), np.log1p(-clipped)))


def calibration_error(labels: NDArray[np.bool_], probabilities: Floats) -> float:
    """Returns the expected calibration error (ECE): the mean gap between predicted and actual rate in ten groups."""
    return float(weighted_figures(labels, probabilities, np.ones((1, len(labels))))["ece"][0])


def _calibration(counts: _Counts) -> dict[str, Floats]:
    misses = counts.labels - counts.scores
    total = counts.flagged[-1]
    bins = np.array_split(np.arange(len(misses)), 10)
    gaps = [np.abs(misses[rows] @ counts.weights[rows]) for rows in bins]
    return {
        "log_loss": log_losses(counts.labels, counts.scores) @ counts.weights / total,
        "brier": misses**2 @ counts.weights / total,
        "ece": np.sum(gaps, axis=0) / total,
    }


def _at_threshold(counts: _Counts) -> dict[str, Floats]:
    # Scores fall, and searchsorted needs them to rise. side="right" counts a score of exactly the threshold as flagged.
    count = int(np.searchsorted(-counts.scores, -THRESHOLD, side="right"))
    nobody = np.zeros(counts.found.shape[1])
    hits, calls = (counts.found[count - 1], counts.flagged[count - 1]) if count else (nobody, nobody)
    leavers = counts.found[-1]
    return {
        "precision": np.where(calls > 0, hits / np.maximum(calls, 1), 0.0),
        "recall": hits / leavers,
        "f1": 2 * hits / (calls + leavers),
    }


def _top_decile(counts: _Counts) -> dict[str, Floats]:
    """Returns the share of all leavers in the first ceil(10%) rows, and that share divided by 10%."""
    total = counts.flagged[-1]
    # 1e-9: ceil must not round up a product that is a whole number except for the rounding of floats.
    seats = np.ceil(total * 0.1 - 1e-9)
    taken = np.clip(seats - (counts.flagged - counts.weights), 0, counts.weights)
    recall = counts.labels @ taken / counts.found[-1]
    return {"recall_at_10": recall, "lift_at_10": recall / (seats / total)}


def expected_calibration_floor(probabilities: Floats, seed: int, worlds: int = 200) -> float:
    """Returns the mean calibration error that these probabilities would have if they were exactly true.

    A group of n / 10 customers misses its true rate by chance: the floor is 0.0227 for the 1,409 test rows of the
    public sample. No model can be expected to have a smaller error than this floor.
    """
    return float(np.mean(_errors_if_true(probabilities, seed, worlds)))


def calibration_error_if_true(probabilities: Floats, seed: int, quantile: float = 0.975, worlds: int = 200) -> float:
    """Returns the calibration error that exactly true probabilities exceed by chance in 2.5% of all cases."""
    return float(np.quantile(_errors_if_true(probabilities, seed, worlds), quantile))


def _errors_if_true(probabilities: Floats, seed: int, worlds: int) -> Floats:
    scores = np.sort(probabilities)[::-1]
    # One row for each world in which the probabilities are true; a customer leaves in it by a draw of its own.
    happened = np.random.default_rng(seed).random((worlds, len(scores))) < scores
    bins = np.array_split(np.arange(len(scores)), 10)
    gaps = [np.abs((happened[:, rows] - scores[rows]).sum(axis=1)) for rows in bins]
    return np.asarray(np.sum(gaps, axis=0) / len(scores), dtype=np.float64)


def confusion(labels: NDArray[np.bool_], probabilities: Floats) -> dict[str, int]:
    """Returns the four counts at the threshold of 0.5; they add up to n."""
    flagged = probabilities >= THRESHOLD
    return {
        "true_positive": int((labels & flagged).sum()),
        "false_positive": int((~labels & flagged).sum()),
        "false_negative": int((labels & ~flagged).sum()),
        "true_negative": int((~labels & ~flagged).sum()),
    }

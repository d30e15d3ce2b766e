"""Figures of matured outcomes, computed from cells instead of customers, each with an interval.

Intervals come in closed form or from at most 1,000 groups, so that a day of a million customers costs what a day of a
thousand does. The tests measure how often each interval holds the truth.
"""

import numpy as np
from numpy.typing import NDArray

from churn.contracts.decisions import Interval
from churn.monitoring.cells import Cells, Floats

Z = 1.959964
"""The 97.5th percentile of the normal distribution, for intervals of 95%."""
DECILES = 10
_WORLDS = 4_000
_GROUPS, _REPLICATES = 1_000, 200


def pr_auc(weight: Floats, left: Floats) -> Floats:
    """Returns the average precision over distinct thresholds.

    Args:
        weight: (..., cells) the customers of each cell, from the highest probability down.
        left: (..., cells) those of them who left.
    """
    found = np.cumsum(left, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nansum(left * found / np.cumsum(weight, axis=-1), axis=-1) / found[..., -1])


def pr_auc_interval(cells: Cells, seed: int = 20) -> Interval:
    """Returns the PR-AUC of ordered cells, with an interval whose width comes from a bootstrap of 1,000 groups."""
    value = float(pr_auc(cells.weight, cells.left))
    if not 0 < value < 1:
        return Interval(value, value, value)
    few, draw = cells.split(into_parts(cells, _GROUPS), _GROUPS), np.random.default_rng(seed)
    left = _draw(draw, few.leavers, few.left)
    drawn = _logit(pr_auc(left + _draw(draw, few.customers - few.leavers, few.weight - few.left), left))
    # On the logit scale, less the bias: a PR-AUC of few leavers is too high, and that of a bootstrap more so.
    middle = _logit(np.array(value)) - (np.nanmean(drawn) - _logit(pr_auc(few.weight, few.left)))
    low, high = (1 / (1 + np.exp(-(middle + side * Z * np.nanstd(drawn)))) for side in (-1, 1))
    return Interval(value, float(low), float(high))


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)))


def _draw(draw: np.random.Generator, counts: Floats, weights: Floats) -> Floats:
    """Returns (replicates, groups) weights of drawn customers: a Poisson number of them, with their mean weight."""
    mean = np.divide(weights, counts, out=np.zeros_like(weights), where=counts > 0)
    return np.asarray(draw.poisson(counts, (_REPLICATES, len(counts))) * mean)


def share_interval(share: float, count: float) -> Interval:
    """Returns a share with Wilson's interval, of so many customers (with weights, the effective number)."""
    if count <= 0:
        return Interval(share, 0.0, 1.0)
    share = min(share, 1.0)  # Sums of weights may exceed each other in the last digit.
    middle, spread = share + Z**2 / (2 * count), Z * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    scale = 1 + Z**2 / count
    return Interval(share, float(max(middle - spread, 0) / scale), float(min((middle + spread) / scale, 1)))


def mean_interval(total: float, squares: float, count: float) -> Interval:
    """Returns the mean of so many values, given their sum and the sum of their squares."""
    mean = total / count
    width = Z * np.sqrt(max(squares / count - mean**2, 0) / count)
    return Interval(mean, float(mean - width), float(mean + width))


def effective(weight: Floats, weight_squared: Floats) -> float:
    """Returns the effective number of customers: as many unweighted ones would be as precise (Kish)."""
    squares = float(weight_squared.sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def into_parts(cells: Cells, count: int = DECILES) -> NDArray[np.int64]:
    """Returns the part of each ordered cell, 0 first, of so many equally large parts (default: deciles).

    A cell is never divided: with few distinct probabilities some parts are larger, and others empty.
    """
    middle = np.cumsum(cells.weight) - cells.weight / 2
    return np.asarray(np.minimum(count * middle / cells.weight.sum(), count - 1), dtype=np.int64)


def calibration_error(deciles: Cells) -> float:
    """Returns the expected calibration error (ECE): the mean gap between expected and real leavers of the deciles."""
    return float(np.abs(deciles.left - deciles.expected).sum() / deciles.weight.sum())


def calibration_noise(deciles: Cells, seed: int = 20) -> float:
    """Returns the calibration error that exactly true probabilities exceed by chance in 2.5% of all cases."""
    gaps = np.random.default_rng(seed).standard_normal((_WORLDS, DECILES)) * np.sqrt(deciles.variance)
    return float(np.quantile(np.abs(gaps).sum(axis=1), 0.975) / deciles.weight.sum())


def top(cells: Cells, length: float) -> Cells:
    """Returns the sums of the first `length` customers of ordered cells. Of the last cell, the share that fits."""
    taken = np.clip(length - (np.cumsum(cells.weight) - cells.weight), 0, cells.weight)
    share = np.divide(taken, cells.weight, out=np.zeros_like(taken), where=cells.weight > 0)
    return Cells(*(getattr(cells, name) * share for name in Cells.__dataclass_fields__)).total()

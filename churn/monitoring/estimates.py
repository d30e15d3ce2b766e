"""Says how a date's scores will do, before anybody knows who leaves: as well as they believe themselves (CBPE).

If the probabilities are true, each customer leaves by a draw with that probability. Hundreds of such months are drawn,
and the figures of 95% of them are the band. The estimate sees another mix of customers and a model that separates them
less. It cannot see that customers with the same features behave in another way (concept drift): only matured labels do.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from churn.contracts.decisions import Interval
from churn.monitoring import figures
from churn.monitoring.cells import Floats

_WORLDS = 400
_GROUPS = 5_000
"""More cells are joined to so many groups, so that a month is drawn in a millisecond for any number of customers."""
_TOP_SHARE = 0.1


@dataclass(frozen=True)
class Estimate:
    """What the scores of a date promise of themselves. A band holds 95% of the months if the probabilities are true.

    Attributes:
        loss: a year's revenue that leaves, in USD; None without a value a month.
        pr_auc, lift: None if fewer than one customer is expected to leave.
    """

    leavers: Interval
    loss: Interval | None
    pr_auc: Interval | None
    lift: Interval | None


def estimate(cells: pl.DataFrame, seed: int = 20) -> Estimate:
    """Estimates the figures of a date.

    Args:
        cells: customers, expected, variance, loss and loss_variance of cells of equal probability, the highest first.
            The money is NULL without a value a month.
        seed: the seed of the drawn months.
    """
    customers, expected, variance = (cells[name].cast(pl.Float64).to_numpy() for name in _COUNTS)
    leavers = _band(expected.sum(), variance.sum())
    has_money = cells["loss"].null_count() < cells.height
    loss = _band(float(cells["loss"].sum()), float(cells["loss_variance"].sum())) if has_money else None
    if expected.sum() < 1:
        return Estimate(leavers, loss, None, None)
    customers, expected = _join(customers, expected)
    left = np.random.default_rng(seed).binomial(
        customers.astype(np.int64), np.clip(expected / customers, 0, 1), (_WORLDS, len(customers))
    )
    left = left[left.sum(axis=1) > 0].astype(np.float64)
    return Estimate(leavers, loss, _spread(figures.pr_auc(customers, left)), _spread(_lift(customers, left)))


_COUNTS = ("customers", "expected", "variance")


def _band(expected: float, variance: float) -> Interval:
    width = figures.Z * float(np.sqrt(variance))
    return Interval(float(expected), max(float(expected) - width, 0.0), float(expected) + width)


def _join(customers: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Joins neighbouring cells to at most _GROUPS groups of about equally many customers."""
    if len(customers) <= _GROUPS:
        return customers, expected
    middle = np.cumsum(customers) - customers / 2
    group = np.minimum(_GROUPS * middle / customers.sum(), _GROUPS - 1).astype(np.int64)
    sums = [np.bincount(group, values, _GROUPS).astype(np.float64) for values in (customers, expected)]
    used = sums[0] > 0
    return sums[0][used], sums[1][used]


def _lift(customers: Floats, left: Floats) -> Floats:
    """Returns the leavers in the first 10%, relative to a random 10%. Of the last group, the share that fits."""
    seats = customers.sum() * _TOP_SHARE
    share = np.clip((seats - (np.cumsum(customers) - customers)) / customers, 0, 1)
    return np.asarray(left @ share / left.sum(axis=1) / _TOP_SHARE)


def _spread(drawn: Floats) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(float(drawn.mean()), float(low), float(high))

"""The sums that judge a day: its customers in cells of equal probability, however many customers there are.

The database adds up a day with one pass over its customers. A cell holds the customers whose probabilities agree to
five decimals, so a day of a million customers is at most 100,000 cells, and figures of a rank see a tie in each cell.
"""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CELLS_A_UNIT = 100_000
"""Cells between the probabilities 0 and 1."""


@dataclass(frozen=True)
class Cells:
    """Sums of groups of customers, one entry per group. A customer counts with the weight of `learning.weighting`.

    Attributes:
        customers: the customers, each counted once.
        leavers: those of them who left, each counted once.
        weight: the sum of the weights: how many customers these stand for.
        weight_squared: the sum of the squared weights.
        left: the weights of the customers who left.
        expected: the sum of weight times probability within the window of the labels.
        variance: the sum of squared weight times p (1 - p): the variance of `left` if the probabilities are true.
        loss_left: a year's revenue of the customers who left, weighted, in USD.
        loss_expected: the year's revenue that was expected to leave, weighted, in USD.
        loss_variance: the variance of `loss_left` if the probabilities are true.
        log_loss: the sum of weight times logarithmic loss.
        log_loss_squared: the sum of squared weight times squared logarithmic loss.
        flagged: the customers in tier Medium or High, each counted once.
        flagged_leavers: those of them who left.
    """

    customers: Floats
    leavers: Floats
    weight: Floats
    weight_squared: Floats
    left: Floats
    expected: Floats
    variance: Floats
    loss_left: Floats
    loss_expected: Floats
    loss_variance: Floats
    log_loss: Floats
    log_loss_squared: Floats
    flagged: Floats
    flagged_leavers: Floats

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Cells":
        """Returns the sums of the rows of a frame, in their order. A NULL sum is 0: an empty group."""
        return cls(*(rows[name].cast(pl.Float64).fill_null(0.0).to_numpy() for name in SUMS))

    def total(self) -> "Cells":
        """Returns one group with the sums of all."""
        return Cells(*(np.array([getattr(self, name).sum()]) for name in SUMS))

    def split(self, groups: NDArray[np.int64], count: int) -> "Cells":
        """Returns the sums of `count` groups, of which `groups` names the one of each entry."""
        return Cells(*(np.bincount(groups, getattr(self, name), count).astype(np.float64) for name in SUMS))


SUMS = tuple(field.name for field in fields(Cells))

"""Estimates what a campaign was worth, and says so only when it is known.

The estimate is by intention to treat: everybody who was enrolled counts, reached or not. It is Lin's regression
("Agnostic notes on regression adjustments to experimental data", 2013): the outcome on the arm, the frozen score and
their product, with HC2 standard errors. In Lin's regression the arms share no coefficient. So each arm is a regression
of its own on the centred score, and the two variances add up.

A 95% interval that is looked at every week "finds" an effect that is not there in 21% to 25% of campaigns. Therefore
there are two intervals: a 99% interval that holds on any day, and a 96% interval that holds on the agreed day only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from churn.contracts.campaigns import FEWEST_LEAVERS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ANY_DAY_ERROR = 0.01
AGREED_DAY_ERROR = 0.04
SAMPLE_RATIO_LEVEL = 0.001


@dataclass(frozen=True)
class Estimate:
    """The difference treatment minus control of an outcome.

    Attributes:
        effect: the mean difference for one enrolled customer, in the unit of the outcome.
        standard_error: of the effect.
    """

    effect: float
    standard_error: float

    def interval(self, error: float) -> tuple[float, float]:
        """Returns the interval that misses the truth with the probability `error`, on one agreed day."""
        half = float(stats.norm.ppf(1 - error / 2)) * self.standard_error
        return self.effect - half, self.effect + half

    def any_day_interval(self, planned_variance: float, error: float = ANY_DAY_ERROR) -> tuple[float, float]:
        """Returns an interval that misses the truth with the probability `error`, however often people look.

        It is the confidence sequence of a normal mixture. It is narrowest around the planned variance.
        """
        information = 1 / self.standard_error**2
        mixing = (-2 * np.log(error) + np.log(1 - 2 * np.log(error))) * planned_variance
        inside = (information + 1 / mixing) * (np.log1p(information * mixing) - 2 * np.log(error))
        half = float(np.sqrt(inside) / information)
        return self.effect - half, self.effect + half


def estimate_effect(outcome: Floats, is_treated: Bools, covariates: Floats) -> Estimate:
    """Estimates the effect of a campaign on an outcome.

    Args:
        outcome: (n,) what happened to each enrolled customer, such as 1 for leaving, or USD.
        is_treated: (n,) whether the customer is in the treatment group; both groups need two customers more than there
            are covariates.
        covariates: (n, k) what was known at enrolment.
    """
    # Centred over both arms together: each intercept is then the outcome of the same average customer.
    centred = covariates - covariates.mean(axis=0)
    treated, treated_variance = _mean_at_centre(outcome[is_treated], centred[is_treated])
    held_out, held_out_variance = _mean_at_centre(outcome[~is_treated], centred[~is_treated])
    return Estimate(treated - held_out, float(np.sqrt(treated_variance + held_out_variance)))


def _mean_at_centre(outcome: Floats, centred: Floats) -> tuple[float, float]:
    """Returns an arm's expected outcome for the average customer of both arms, and its HC2 variance."""
    design = np.column_stack([np.ones(len(outcome)), centred])
    # pinv, since covariates may be the same for every customer: then inv would fail.
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    residuals = outcome - design @ coefficients
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    # A leverage of 1 is a customer whom the regression repeats exactly: the residual is 0 as well.
    weights = residuals**2 / np.maximum(1 - leverage, 1e-12)
    row = inverse[0] @ design.T
    return float(coefficients[0]), float((row**2) @ weights)


def newcombe_interval(leavers: int, customers: int, other_leavers: int, others: int) -> tuple[float, float]:
    """Returns the 95% interval of a difference of two shares by Newcombe's hybrid score method, right for few leavers.

    Example: 56 of 70 against 48 of 80 differ by 20 points, and the interval is 0.0524 to 0.3339 (Newcombe 1998).
    """
    share, other_share = leavers / customers, other_leavers / others
    low, high = _wilson(leavers, customers)
    other_low, other_high = _wilson(other_leavers, others)
    difference = share - other_share
    below = np.hypot(share - low, other_high - other_share)
    above = np.hypot(high - share, other_share - other_low)
    return difference - float(below), difference + float(above)


def _wilson(leavers: int, customers: int) -> tuple[float, float]:
    interval = stats.binomtest(leavers, customers).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def sample_ratio_p(treated: int, held_out: int, holdout_share: float) -> float:
    """Returns the probability of arms as uneven as these if the draw works as planned. A tiny one means that it failed.

    Example: with a share of 20%, 800 and 200 give 1.0; 900 and 100 give less than 0.001, and no reading may be made.
    """
    return float(stats.binomtest(held_out, treated + held_out, holdout_share).pvalue)


def has_enough_leavers(left: Bools, is_treated: Bools) -> bool:
    """Returns whether both arms have 20 leavers, without which no verdict is given."""
    return min(int(left[is_treated].sum()), int(left[~is_treated].sum())) >= FEWEST_LEAVERS

"""The money of the coming months, from a customer's survival. All amounts are in USD.

Worked example: a customer pays $50 a month and survives month 1 with 90% and month 2 with 80%. Over two months the
company expects 0.9 + 0.8 = 1.7 months of bills and loses 0.3 months, which is $15. With a margin of 50% and a yearly
discount of 10% the two months are worth 50 x 0.5 x (0.9 x 1.1 ** (-1/12) + 0.8 x 1.1 ** (-2/12)) = $42.01.
"""

import numpy as np
from numpy.typing import NDArray

from churn.economics.value import paid

Floats = NDArray[np.float64]

YEAR_MONTHS = 12


def probability_of_leaving(survival: Floats, months: int) -> Floats:
    """Returns (n,) probabilities of leaving within the first `months` of survival, which is (n, 24)."""
    return np.asarray(1.0 - survival[:, months - 1])


def expected_months(survival: Floats, months: int = YEAR_MONTHS) -> Floats:
    """Returns (n,) how many of the first `months` a customer is expected to stay and pay."""
    return np.asarray(survival[:, :months].sum(axis=1))


def expected_loss_usd(survival: Floats, monthly_charges: Floats, months: int = YEAR_MONTHS) -> Floats:
    """Returns (n,) the monthly charge times the months that are expected to be lost within the first `months`."""
    return np.asarray(paid(monthly_charges) * (months - expected_months(survival, months)))


def future_value_usd(survival: Floats, monthly_charges: Floats, margin_rate: float, yearly_discount: float) -> Floats:
    """Returns (n,) the margin of every month of the survival, discounted to today."""
    discount = (1.0 + yearly_discount) ** (-np.arange(1, survival.shape[1] + 1) / YEAR_MONTHS)
    # Not a matrix product: that sums a row in an order that depends on the number of rows.
    return np.asarray(paid(monthly_charges) * margin_rate * (survival * discount).sum(axis=1))


def steepest_month(survival: Floats) -> NDArray[np.int64]:
    """Returns (n,) the month, 1 or later, in which the hazard is highest: the best month to call before."""
    before = np.column_stack([np.ones(len(survival)), survival[:, :-1]])
    # Where nobody is left, nobody can leave: the hazard of such a month counts as 0.
    staying = np.divide(survival, before, out=np.ones_like(survival), where=before > 0)
    return np.asarray(np.argmax(1.0 - staying, axis=1) + 1)

"""Says before a campaign starts how long it will take until its effect can be seen, and what the control group costs.

Worked example: 704 customers are enrolled a month, 19% of them leave within the window of 60 days, a fifth is held out,
and contacts prevent a fifth of the leaving. The effect is 3.8 points. It is seen with 80% probability in a 96% interval
once the standard error is 0.038 / (2.054 + 0.842) = 0.01312: 0.19 x 0.81 x (1 / 0.8 + 1 / 0.2) / 0.01312 ** 2
= 5,584 customers, which take 8 months of enrolment and 2 months of window: 10 months.
"""

import math
from dataclasses import dataclass

from scipy import stats

from churn.campaigns.lift import AGREED_DAY_ERROR
from churn.contracts.campaigns import LEAST_HOLDOUT, MOST_HOLDOUT
from churn.contracts.horizons import MONTH_DAYS

LONGEST_MONTHS = 60
EFFECTS = (0.1, 0.2, 0.3)
HOLDOUTS = (LEAST_HOLDOUT, 0.1, 0.2, 0.3, MOST_HOLDOUT)


@dataclass(frozen=True)
class Enrolment:
    """Who can be enrolled. A campaign enrols a customer only once, so it lives on its stock and on who is new.

    Attributes:
        stock: the customers who can be enrolled today.
        new_a_month: the customers who become worth a contact in each later month.
        capacity_a_month: the customers whom the seats allow to enrol in a month, the control group included.
        leaving_share: the share of them who leave within the window without a contact.
        explained_share: the share of the variance of leaving that the frozen score explains.
    """

    stock: float
    new_a_month: float
    capacity_a_month: float
    leaving_share: float
    explained_share: float = 0.0

    def after(self, months: int) -> float:
        """Returns how many customers are enrolled after some months."""
        return min(self.capacity_a_month * months, self.stock + self.new_a_month * max(months - 1, 0))


def needed_customers(enrolment: Enrolment, effect: float, holdout_share: float, power: float) -> float:
    """Returns how many enrolled customers show a relative reduction of leaving with a probability of `power`."""
    difference = effect * enrolment.leaving_share
    distance = float(stats.norm.ppf(1 - AGREED_DAY_ERROR / 2) + stats.norm.ppf(power))
    return variance_of_one(enrolment, holdout_share) * (distance / difference) ** 2


def variance_of_one(enrolment: Enrolment, holdout_share: float) -> float:
    """Returns the variance of the estimated difference times the number of customers."""
    spread = enrolment.leaving_share * (1 - enrolment.leaving_share) * (1 - enrolment.explained_share)
    return spread * (1 / (1 - holdout_share) + 1 / holdout_share)


def months_to_answer(
    enrolment: Enrolment, effect: float, holdout_share: float, power: float, window_days: int
) -> int | None:
    """Returns after how many months a reduction shows, the window of the last customer included; None beyond 60."""
    needed = needed_customers(enrolment, effect, holdout_share, power)
    window = math.ceil(window_days / MONTH_DAYS)
    for months in range(1, LONGEST_MONTHS + 1 - window):
        if enrolment.after(months) >= needed:
            return months + window
    return None


def price_of_holdout_usd(expected_profit_usd: float, holdout_share: float) -> float:
    """Returns the expected profit that the company gives up because the control group is not contacted."""
    return expected_profit_usd * holdout_share

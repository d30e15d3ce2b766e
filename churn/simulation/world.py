"""A telecom to simulate, and the monthly hazard of its customers.

The monthly hazard treats the public sample as case-control data and keeps its slopes:
logit(h) = logit(p) + ln(r / (1 - r)) + 1.018 for a target rate r. A floor that is equal for all customers is added.

Worked example, r = 2%: a customer with p = 0.5 by the odds of the sample has logit(h) = 0 - 3.892 + 1.018 = -2.874, so
h = 5.3% a month; with the floor of 0.3% it is 1 - 0.947 x 0.997 = 5.6%, and 1 - 0.944 ** (1/30) = 0.19% a day.
"""

from dataclasses import dataclass, field

import numpy as np

from churn.simulation.campaign import CampaignContacts
from churn.simulation.contacts import Contacts
from churn.simulation.customers import Columns, Floats, log_odds
from churn.simulation.shocks import Season, Shock

HAZARD_SHIFT = 1.018
FLOOR = 0.003


@dataclass(frozen=True)
class World:
    """A telecom to simulate.

    Attributes:
        customers: the number of customers on the first day.
        monthly_rate: r in the formula above; with the slopes of the sample and the floor about 4% leave a month.
        growth_a_month: joiners in addition to those who replace leavers, as a share of the customers. At 0.6% a month
            the mix of contracts stays the same for years.
    """

    customers: int
    seed: int
    monthly_rate: float = 0.02
    growth_a_month: float = 0.006
    shocks: tuple[Shock, ...] = ()
    season: Season = field(default_factory=Season)
    contacts: Contacts = field(default_factory=Contacts)
    campaign: CampaignContacts = field(default_factory=CampaignContacts)


def monthly_hazard(world: World, columns: Columns, day: int, call: Floats | float = 0.0) -> Floats:
    """Returns (n,) probabilities of leaving within a month.

    Args:
        call: what a call adds to the log-odds of each customer.
    """
    odds = (
        call
        + world.season.log_odds(day)
        + log_odds("churn", columns)
        + np.log(world.monthly_rate / (1 - world.monthly_rate))
        + HAZARD_SHIFT
    )
    for shock in world.shocks:
        if shock.first_day <= day < shock.first_day + shock.days:
            odds = odds + shock.log_odds * belongs(shock.hits, columns)
    return 1 - (1 - 1 / (1 + np.exp(-odds))) * (1 - FLOOR)


def belongs(group: str, columns: Columns) -> Floats:
    """Returns 1 for the customers of a group of `Shock.hits`, 0 for the others."""
    if group == "fiber":
        return columns["fiber"]
    if group == "month_to_month":
        return 1 - columns["one"] - columns["two"]
    return np.ones(len(columns["tenure"]))

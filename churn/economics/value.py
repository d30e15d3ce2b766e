"""The profit of contacting a customer with an offer, in USD per customer.

The save rate is the share of contacted leavers who stay. A leaver who stays brings the margin of the coming months
minus the offer. A stayer takes the offer too, but would have stayed without it. Every contact costs money.

Worked example with the default policy and a charge of $65 per month: the margin is 65 x 0.5 x 12 = $390 and the offer
costs 0.6 x 65 = $39. Contacting a leaver brings 0.3 x (390 - 39) - 2 = $103.30, and contacting a stayer costs
39 + 2 = $41. A contact pays off from a probability of (39 + 2) / (0.3 x (390 - 39) + 39) = 0.284.
"""

import numpy as np
from numpy.typing import NDArray

from churn.economics.policies import ValuePolicy

Floats = NDArray[np.float64]


def profit_if_contacted_usd(has_churned: NDArray[np.bool_], monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) the profit of contacting each customer, given who leaves without a contact."""
    offer = policy.offer_monthly_charges * monthly_charges
    saved = policy.save_rate * (_margin(monthly_charges, policy) - offer)
    return np.where(has_churned, saved, -offer) - policy.contact_usd


def contact_from(monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) the probability of leaving from which a contact pays off."""
    offer = policy.offer_monthly_charges * monthly_charges
    return (offer + policy.contact_usd) / (policy.save_rate * (_margin(monthly_charges, policy) - offer) + offer)


def expected_profit_usd(probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) the expected profit of contacting each customer, given the probability of leaving."""
    nobody = np.zeros(len(probabilities), dtype=np.bool_)
    if_left = profit_if_contacted_usd(~nobody, monthly_charges, policy)
    if_stayed = profit_if_contacted_usd(nobody, monthly_charges, policy)
    return probabilities * if_left + (1 - probabilities) * if_stayed


def profit_usd(
    has_churned: NDArray[np.bool_], probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy
) -> Floats:
    """Returns (n,) the profit of contacting exactly the customers whose probability makes a contact pay off."""
    is_contacted = probabilities >= contact_from(monthly_charges, policy)
    return np.where(is_contacted, profit_if_contacted_usd(has_churned, monthly_charges, policy), 0.0)


def _margin(monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    return monthly_charges * policy.margin_rate * policy.margin_months

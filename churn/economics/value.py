"""The money of contacting a customer with an offer. USD, per customer.

A leaver who is contacted stays with the save rate and then brings the margin of the coming months less the offer. A
stayer takes the offer and would have stayed anyway. Either way the contact costs.

Worked example with the policy file's values and 65.00 a month: margin 65 x 0.5 x 12 = 390, offer 0.6 x 65 = 39. A
contacted leaver brings 0.3 x (390 - 39) - 2 = 103.30, a contacted stayer costs 39 + 2 = 41. Contacting pays from a
probability of (39 + 2) / (0.3 x (390 - 39) + 39) = 0.284.
"""

import numpy as np
from numpy.typing import NDArray

from churn.economics.policies import ValuePolicy

Floats = NDArray[np.float64]


def profit_if_contacted_usd(has_churned: NDArray[np.bool_], monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) what contacting each customer brings, given who would have left."""
    offer = policy.offer_monthly_charges * monthly_charges
    saved = policy.save_rate * (_margin(monthly_charges, policy) - offer)
    return np.where(has_churned, saved, -offer) - policy.contact_usd


def contact_from(monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) the probability of leaving from which contacting a customer pays."""
    offer = policy.offer_monthly_charges * monthly_charges
    return (offer + policy.contact_usd) / (policy.save_rate * (_margin(monthly_charges, policy) - offer) + offer)


def expected_profit_usd(probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) what contacting each customer brings on average, by its probability of leaving."""
    nobody = np.zeros(len(probabilities), dtype=np.bool_)
    if_left = profit_if_contacted_usd(~nobody, monthly_charges, policy)
    if_stayed = profit_if_contacted_usd(nobody, monthly_charges, policy)
    return probabilities * if_left + (1 - probabilities) * if_stayed


def profit_usd(
    has_churned: NDArray[np.bool_], probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy
) -> Floats:
    """Returns (n,) profit of contacting exactly those whom the probabilities say it pays to contact."""
    is_contacted = probabilities >= contact_from(monthly_charges, policy)
    return np.where(is_contacted, profit_if_contacted_usd(has_churned, monthly_charges, policy), 0.0)


def _margin(monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    return monthly_charges * policy.margin_rate * policy.margin_months

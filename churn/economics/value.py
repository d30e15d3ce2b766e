"""The profit of contacting a customer with an offer, in USD per customer.

The save rate is the share of contacted leavers who stay. A leaver who stays brings the margin of the coming months
minus the offer. A stayer takes the offer too, but would have stayed without it. Every contact costs money.

Worked example with the default policy and a charge of $65 per month: the margin is 65 x 0.5 x 12 = $390 and the offer
costs 0.6 x 65 = $39. Contacting a leaver brings 0.3 x (390 - 39) - 2 = $103.30, and contacting a stayer costs
39 + 2 = $41. A contact pays off from a probability of (39 + 2) / (0.3 x (390 - 39) + 39) = 0.284.

At a probability of 0.6 a contact is expected to save 0.6 x 0.3 x 390 = $70.20 of margin. It costs $2 and, if the
customer stays (1 - 0.6 x 0.7 = 58%), the offer: 2 + 0.58 x 39 = $24.62. The expected profit is 70.20 - 24.62 = $45.58,
which is also 0.6 x 103.30 - 0.4 x 41.

A monthly charge below zero is a credit. It counts as 0: nothing is lost with such a customer, and no contact pays.
An extract without a value a month has no money at all: every amount is NULL, and never 0.
"""

from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.economics.policies import ValuePolicy

Floats = NDArray[np.float64]
Amounts = TypeVar("Amounts", Floats, pl.Expr)
"""Numbers, or a Polars expression for a column of numbers: a score and a figure have one formula."""


def profit_if_contacted_usd(has_churned: NDArray[np.bool_], monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) the profit of contacting each customer, given who leaves without a contact."""
    offer = policy.offer_monthly_charges * paid(monthly_charges)
    saved = policy.save_rate * (_margin(monthly_charges, policy) - offer)
    return np.where(has_churned, saved, -offer) - policy.contact_usd


def contact_from(monthly_charges: Floats, policy: ValuePolicy) -> Floats:
    """Returns (n,) the probability of leaving from which a contact pays off; infinite if none does."""
    offer = policy.offer_monthly_charges * paid(monthly_charges)
    gain = policy.save_rate * (_margin(monthly_charges, policy) - offer) + offer
    # Without `where`, a gain of 0 or less would give a bound below which every customer seems to pay off.
    return np.divide(offer + policy.contact_usd, gain, out=np.full_like(gain, np.inf), where=gain > 0)


def expected_profit_usd(probabilities: Amounts, monthly_charges: Amounts, policy: ValuePolicy) -> Amounts:
    """Returns the expected profit of contacting each customer: the margin that it saves, minus its cost."""
    saved = policy.save_rate * _margin(monthly_charges, policy)
    return probabilities * saved - expected_cost_usd(probabilities, monthly_charges, policy)


def expected_cost_usd(probabilities: Amounts, monthly_charges: Amounts, policy: ValuePolicy) -> Amounts:
    """Returns the expected cost of contacting each customer: the contact, and the offer if the customer stays."""
    stays = 1 - probabilities * (1 - policy.save_rate)
    return stays * (policy.offer_monthly_charges * paid(monthly_charges)) + policy.contact_usd


def profit_usd(
    has_churned: NDArray[np.bool_], probabilities: Floats, monthly_charges: Floats, policy: ValuePolicy
) -> Floats:
    """Returns (n,) the profit of contacting exactly the customers whose probability makes a contact pay off."""
    is_contacted = probabilities >= contact_from(monthly_charges, policy)
    return np.where(is_contacted, profit_if_contacted_usd(has_churned, monthly_charges, policy), 0.0)


def find_charges(customers: pl.DataFrame) -> Floats | None:
    """Returns (n,) the monthly charges; None if the extract of one of the customers has no value a month."""
    charges = customers["monthly_charges"]
    return None if charges.null_count() else charges.to_numpy()


def paid(monthly_charges: Amounts) -> Amounts:
    """Returns the charges, with 0 for a credit."""
    return monthly_charges.clip(0)


def _margin(monthly_charges: Amounts, policy: ValuePolicy) -> Amounts:
    return paid(monthly_charges) * policy.margin_rate * policy.margin_months

"""What each customer may be given, and what each option is worth: offers times channels, for the allocation.

The formula is that of `economics.value`, for the share of customers whom the channel reaches. Worked example: a charge
of $65, a probability of leaving of 40%, an offer worth 0.6 months that keeps 30% of leavers, a call for $2 that reaches
60%, and a margin of 50% over 12 months. The margin is $390 and the offer costs $39. A reached leaver brings
0.3 x (390 - 39) = $105.30, a reached stayer costs $39. The option is worth 0.6 x (0.4 x 105.30 - 0.6 x 39) - 2 = $9.23.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.campaigns.allocation import Options
from churn.economics.offers import Channel, Condition, Offer
from churn.economics.policies import ValuePolicy

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """One offer by one channel."""

    offer: Offer
    channel: Channel


def list_choices(offers: Sequence[Offer], channels: Sequence[Channel]) -> list[Choice]:
    """Returns every offer with every channel that it may be made by."""
    return [Choice(offer, channel) for offer in offers for channel in channels if channel.name in offer.channels]


def weigh_choices(
    customers: pl.DataFrame,
    choices: Sequence[Choice],
    value: ValuePolicy,
    seats: Floats,
    budget_usd: float,
    save_factors: Floats | None = None,
) -> Options:
    """Computes the expected profit and the expected cost of each choice for each customer.

    Args:
        customers: churn_probability, monthly_charges, may_NAME for each channel (consent, not suppressed), and the
            columns that the offers ask for.
        choices: what may be given.
        value: margin and months of a customer who stays.
        seats: (c,) the contacts that each channel can make, in the order in which the channels appear in `choices`.
        budget_usd: what all contacts and offers may cost.
        save_factors: (n,) how much more or less a contact saves than on average (default: the average for everybody).
    """
    factors = pl.Series("save_factor", np.ones(customers.height) if save_factors is None else save_factors)
    customers = customers.with_columns(factors)
    names = channel_names(choices)
    return Options(
        np.column_stack([_profit(customers, choice, value) for choice in choices]),
        np.column_stack([_cost(customers, choice) for choice in choices]),
        np.array([names.index(choice.channel.name) for choice in choices], dtype=np.int64),
        seats,
        budget_usd,
    )


def channel_names(choices: Sequence[Choice]) -> list[str]:
    """Returns the channels of the choices, each once, in order of appearance."""
    return list(dict.fromkeys(choice.channel.name for choice in choices))


def _profit(customers: pl.DataFrame, choice: Choice, value: ValuePolicy) -> Floats:
    """Returns (n,) the expected profit of a choice in USD; minus infinity where it is not allowed."""
    offer, channel = choice.offer, choice.channel
    margin = pl.col("monthly_charges") * value.margin_rate * value.margin_months
    cost = pl.col("monthly_charges") * offer.worth_months
    leaving = pl.col("churn_probability")
    if_reached = leaving * pl.col("save_factor") * offer.save_rate * (margin - cost) - (1 - leaving) * cost
    is_allowed = pl.all_horizontal(
        pl.col(f"may_{channel.name}"), *(_holds(column, wish) for column, wish in offer.only_if.items())
    )
    profit = pl.when(is_allowed).then(channel.reach * if_reached - channel.contact_usd).otherwise(-np.inf)
    return customers.select(profit.alias("profit")).to_series().to_numpy()


def _holds(column: str, wish: Condition) -> pl.Expr:
    fact = pl.col(column)
    return (fact.is_in(list(wish)) if isinstance(wish, tuple) else fact == wish).fill_null(False)


def _cost(customers: pl.DataFrame, choice: Choice) -> Floats:
    """Returns (n,) the expected cost: the contact, and the offer for everybody who is reached and stays."""
    offer, channel = choice.offer, choice.channel
    takes = 1 - pl.col("churn_probability") * (1 - offer.save_rate)
    cost = channel.reach * takes * pl.col("monthly_charges") * offer.worth_months + channel.contact_usd
    return customers.select(cost.alias("cost")).to_series().to_numpy()

"""Gives out the seats of a wave: by expected profit, and, while uplift advises, a tenth of them by a draw.

What uplift has learned decides whom the company contacts, and so what it will learn next. Without seats that it does
not decide about, a wrong belief would never be noticed: whoever is left alone is never contacted again.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from churn.campaigns.allocation import Options, allocate

Floats = NDArray[np.float64]

DRAWN_SHARE = 0.1
"""The share of the seats, and of the budget, that a draw gives out while uplift advises."""


@dataclass(frozen=True)
class Advice:
    """What uplift says of the active customers of a date, one element for each.

    Attributes:
        save_factors: how much more or less a contact saves than on average; see `uplift.save_factors`.
        effects: what a contact changes in the probability of leaving.
        is_left_alone: whether a contact is proven to harm customers like this one.
    """

    save_factors: Floats
    effects: Floats
    is_left_alone: NDArray[np.bool_]

    def only(self, positions: NDArray[np.int64]) -> "Advice":
        """Returns the advice on some customers."""
        return Advice(self.save_factors[positions], self.effects[positions], self.is_left_alone[positions])


@dataclass(frozen=True)
class Seating:
    """Who gets a seat.

    Attributes:
        chosen: (n,) the option of each customer; -1 for a customer who gets none.
        profits_usd: (n,) the expected profit of that option; NaN without one.
        is_drawn: (n,) whether the draw gave the seat.
        seat_prices_usd: (c,) what one more seat of each channel would bring.
    """

    chosen: NDArray[np.int64]
    profits_usd: Floats
    is_drawn: NDArray[np.bool_]
    seat_prices_usd: Floats


def give_seats(plain: Options, advised: Options | None, draws: Floats) -> Seating:
    """Gives out the seats.

    Args:
        plain: the options, weighed without uplift.
        advised: the options, weighed with uplift; None while it does not advise.
        draws: (n,) a draw of each customer, 0 to 1; the smallest go first.
    """
    if advised is None:
        first = allocate(plain)
        return _seat(plain, first.chosen, np.zeros(len(first.chosen), dtype=np.bool_), first.seat_prices_usd)
    # Infinity stays infinity: a channel without a limit gets its drawn seats on top.
    kept = np.where(np.isfinite(plain.seats), plain.seats - np.floor(plain.seats * DRAWN_SHARE), plain.seats)
    first = allocate(replace(advised, seats=kept, budget_usd=plain.budget_usd * (1 - DRAWN_SHARE)))
    chosen = _draw(plain, first.chosen, kept, draws)
    is_drawn = (chosen >= 0) & (first.chosen < 0)
    return _seat(advised, chosen, is_drawn, first.seat_prices_usd)


def _seat(weighed: Options, chosen: NDArray[np.int64], is_drawn: NDArray[np.bool_], prices: Floats) -> Seating:
    profits = np.where(chosen >= 0, weighed.values[np.arange(len(chosen)), chosen], np.nan)
    return Seating(chosen, profits, is_drawn, prices)


def _draw(plain: Options, given: NDArray[np.int64], kept: Floats, draws: Floats) -> NDArray[np.int64]:
    """Adds customers in the order of their draws; each gets the option that is worth most without uplift."""
    used = np.bincount(plain.channels[given[given >= 0]], minlength=len(kept))
    free = np.where(np.isfinite(kept), np.floor(plain.seats * DRAWN_SHARE), np.ceil(used * DRAWN_SHARE))
    rows = np.arange(len(given))
    best = plain.values.argmax(axis=1)
    asks = np.flatnonzero((given < 0) & (plain.values[rows, best] > 0))
    asks = asks[np.argsort(draws[asks], kind="stable")]
    seated = np.concatenate(
        [asks[plain.channels[best[asks]] == channel][: int(seats)] for channel, seats in enumerate(free)]
    )
    seated = seated[np.argsort(draws[seated], kind="stable")]
    spent = plain.costs[given >= 0, given[given >= 0]].sum()
    pays = spent + np.cumsum(plain.costs[seated, best[seated]]) <= plain.budget_usd
    chosen = given.copy()
    chosen[seated[pays]] = best[seated[pays]]
    return chosen

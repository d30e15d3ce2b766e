"""The share of leavers whom an offer keeps: assumed by the policy file until a campaign has measured otherwise.

Example: 10% of an offer's control customers left and 8% of the others, of whom half were reached. Of the leavers who
were reached, 0.02 / (0.10 x 0.5) = 40% stayed. If the interval is 25% to 55%, an assumed 30% stays in force. An assumed
10% does not: the interval excludes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from churn.economics.offers import Offer


@dataclass(frozen=True)
class MeasuredRate:
    """What the newest reading of an offer says: its rate and standard error, and the 99% interval of any day."""

    rate: float
    standard_error: float
    low: float
    high: float


def settle_save_rate(assumed: float, measured: MeasuredRate | None) -> float:
    """Returns the rate in force: the assumed one, or the measured one drawn towards it by what chance may have added.

    The weight of the measured rate is 1 - (its error / its distance from the assumed one) squared: positive-part
    James-Stein. A rate that was measured with a small error counts almost fully.
    """
    if measured is None or measured.low <= assumed <= measured.high:
        return assumed
    distance = measured.rate - assumed
    weight = max(0.0, 1 - (measured.standard_error / distance) ** 2)
    return min(max(assumed + weight * distance, 0.0), 1.0)


def settle_offers(offers: Mapping[str, Offer], measured: Mapping[str, MeasuredRate]) -> dict[str, Offer]:
    """Returns the offers with the save rates in force."""
    return {
        name: replace(offer, save_rate=settle_save_rate(offer.save_rate, measured.get(name)))
        for name, offer in offers.items()
    }


def say_settled(before: Mapping[str, Offer], after: Mapping[str, Offer]) -> list[str]:
    """Returns one sentence for each offer whose measured rate takes the place of the assumed one."""
    return [
        f"{name} keeps {after[name].save_rate:.0%} of the leavers as measured, not {offer.save_rate:.0%} as assumed"
        for name, offer in before.items()
        if after[name].save_rate != offer.save_rate
    ]

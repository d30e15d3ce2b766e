"""Says why a day differs from the day before: a feed fault, a price, the mix, the behaviour or the model.

Thresholds are sizes of effects, not proofs, so that a large base does not alarm on nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from churn.contracts.features import PRICE_CHANGE, PRICE_FEATURES
from churn.economics.limits import LimitPolicy
from churn.monitoring.drift import FeatureDay, Movement

Kind = Literal["feed fault", "price", "mix", "behaviour", "model", "correction"]

_PRICES = (*PRICE_FEATURES, PRICE_CHANGE)
_GONE_SHARE = 0.02
"""The smallest share of a word or value before, for its absence to be a fault."""
_FEWEST_GONE = 30
_UNIT_FACTOR = 3.0
"""A mean that is so many times larger or smaller from one date to the next is in another unit."""
_CAUSE_SHARE = 0.01
"""The smallest part of the expected loss that is named as a cause."""


@dataclass(frozen=True)
class Cause:
    """Why a day differs, with its evidence.

    Attributes:
        usd: the change of the expected loss that it explains; None for a feed fault, whose effect is in the others.
    """

    kind: Kind
    evidence: str
    usd: float | None = None


def find_causes(features: Sequence[FeatureDay], movement: Movement | None, limits: LimitPolicy) -> list[Cause]:
    """Returns the causes of a day, feed faults first, then by money. Empty if the day is like the one before."""
    return find_faults(features, limits) + (
        _rank_parts(movement, _largest_shift(features)) if movement is not None else []
    )


def find_faults(features: Sequence[FeatureDay], limits: LimitPolicy) -> list[Cause]:
    """Returns the feed faults of a day."""
    return [cause for one in features if (cause := _find_fault(one, limits)) is not None]


def _find_fault(day: FeatureDay, limits: LimitPolicy) -> Cause | None:
    tell = (_tell_missing(day, limits.missing_rise), _tell_constant(day), _tell_unit(day), _tell_gone(day))
    told = next((evidence for evidence in tell if evidence), None)
    return Cause("feed fault", told) if told else None


def _tell_missing(day: FeatureDay, allowed: float) -> str | None:
    before = day.previous_missing_share if day.previous_missing_share is not None else day.trained_missing_share
    if before is None or day.missing_share - before <= allowed:
        return None
    return f"{day.feature} is missing for {day.missing_share:.1%} of the customers; before it was {before:.1%}"


def _tell_constant(day: FeatureDay) -> str | None:
    if _used(day.bins) != 1 or _used(day.previous_bins) < 2:
        return None
    return f"{day.feature} has the same value for every customer; before it had {_used(day.previous_bins)} groups"


def _tell_unit(day: FeatureDay) -> str | None:
    # A flag has a share as its mean, and a mean near 0 may multiply by itself: only real amounts have a unit.
    if not day.mean or not day.previous_mean or len(day.bins) <= 2 or day.mean * day.previous_mean < 0:
        return None
    factor = day.mean / day.previous_mean
    if 1 / _UNIT_FACTOR < factor < _UNIT_FACTOR or abs(day.previous_mean) < 1:
        return None
    return f"{day.feature} has a mean of {day.mean:,.2f}; before it was {day.previous_mean:,.2f}: another unit"


def _tell_gone(day: FeatureDay) -> str | None:
    known, before = sum(day.bins), sum(day.previous_bins)
    if day.mean is not None:  # A price rise empties the lowest bin of the charges: only a word can be gone.
        return None
    if len(day.bins) != len(day.previous_bins) or not known:
        return None
    for now, then in zip(day.bins, day.previous_bins, strict=True):
        if now == 0 and then >= _FEWEST_GONE and then / before >= _GONE_SHARE:
            return f"{day.feature} lacks a word that {then / before:.1%} of the customers had before"
    return None


def _used(bins: Sequence[int]) -> int:
    return sum(count > 0 for count in bins)


def _largest_shift(features: Sequence[FeatureDay]) -> str:
    """Returns the feature that moved most since the date before; empty if none can be compared."""
    shifted = [one for one in features if one.psi_previous is not None]
    return max(shifted, key=lambda one: one.psi_previous or 0).feature if shifted else ""


def _rank_parts(movement: Movement, largest: str) -> list[Cause]:
    shift = f", most of all {largest}" if largest else ""
    mix = movement.by_joined + movement.by_gone
    causes = [
        Cause("price", "the charges of the same customers changed", movement.by_price),
        Cause("mix", f"{movement.joined_count:,} customers joined, {movement.gone_count:,} are gone", mix),
        Cause("behaviour", f"the features of the same customers changed{shift}", movement.by_behaviour),
        Cause("model", "another model scored them", movement.by_model or 0.0),
        Cause("correction", "the date before was corrected or scored again", movement.by_correction),
    ]
    large = [cause for cause in causes if abs(cause.usd or 0) >= _CAUSE_SHARE * max(abs(movement.before), 1)]
    weights = {cause.kind: abs(cause.usd or 0) for cause in causes}
    if largest in _PRICES:  # A new price changes the probabilities too: the behaviour that follows stands behind it.
        weights["price"] += weights["behaviour"]
    return sorted(large, key=lambda cause: -weights[cause.kind])

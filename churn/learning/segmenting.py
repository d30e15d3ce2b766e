"""Divides customers into segments of customers who are alike, as many as random halves of them agree on.

k-means over standardised features. The number of segments is not a matter of taste: customers are clustered several
times from random halves, and a number of segments is as good as these clusterings agree about everybody.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from churn.contracts.features import PRICE_CHANGE, FeatureSet
from churn.contracts.segments import IS, Segment, Segmentation, measure_features

Floats = NDArray[np.float64]

FEWEST_CUSTOMERS = 200
"""With fewer customers a segment would be a handful of people."""
MOST_CUSTOMERS = 20_000
"""The centres are those of a random sample of so many customers: more of them move no centre."""
_SIZES = range(3, 9)
_HALVES, _STABILITY_CUSTOMERS = 4, 3_000
_AS_STABLE = 0.05
"""Of numbers of segments that are about as stable, the largest one: it says more."""
_RAREST_WORD, _STRONGEST = 0.02, 5
_SAME_AGAIN = ("tenure_log", "tenure_inverse", "no_security_no_backup", "price_above_list_usd", PRICE_CHANGE)
"""Other forms of features that are there already: each would count twice."""


def fit_segments(customers: pl.DataFrame, given: FeatureSet, as_of_date: date, seed: int = 7) -> Segmentation | None:
    """Returns the segments of the customers of a date; None if there are too few customers, or they are all alike.

    Args:
        customers: rows with the features of active customers, numbers and flags as float64, words as text.
        given: the features.
        as_of_date: the date.
        seed: of the samples and the first centres.
    """
    if customers.height < FEWEST_CUSTOMERS:
        return None
    sample = customers.sample(min(customers.height, MOST_CUSTOMERS), seed=seed, shuffle=True)
    features, numbers = _drop_constant(sample, _choose_features(sample, given))
    if not features:
        return None
    means, deviations = np.nanmean(numbers, axis=0), np.nanstd(numbers, axis=0)
    scaled = np.nan_to_num((numbers - means) / deviations, nan=0.0)
    tried = [(size, _measure_stability(scaled[:_STABILITY_CUSTOMERS], size, seed)) for size in _SIZES]
    best = max(stability for _, stability in tried)
    size, stability = max(one for one in tried if one[1] >= best - _AS_STABLE)
    found = KMeans(size, n_init=4, random_state=seed).fit(scaled)
    segments = _describe(
        found.cluster_centers_, np.bincount(found.labels_, minlength=size), features, means, deviations
    )
    return Segmentation(
        as_of_date, features, _as_tuple(means), _as_tuple(deviations), segments, stability, tuple(tried)
    )


def _choose_features(sample: pl.DataFrame, given: FeatureSet) -> tuple[str, ...]:
    """Returns the numbers and flags, and a flag for each common word."""
    flags = [
        f"{column}{IS}{word}"
        for column in given.words
        for word, count in sample[column].value_counts().sort("count", column, descending=True).iter_rows()
        if word is not None and count >= _RAREST_WORD * sample.height
    ]
    return (*(name for name in given.numbers if name not in _SAME_AGAIN), *flags)


def _drop_constant(sample: pl.DataFrame, features: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
    """Returns the features in which customers differ, and their numbers."""
    numbers = measure_features(sample, features)
    differs = [bool(np.isfinite(column).any() and np.nanstd(column) > 0) for column in numbers.T]
    return tuple(name for name, keep in zip(features, differs, strict=True) if keep), numbers[:, differs]


def _measure_stability(scaled: Floats, size: int, seed: int) -> float:
    """Returns the mean agreement about all customers of clusterings that each saw a random half of them."""
    random = np.random.default_rng(seed)
    halves = [random.permutation(len(scaled))[: len(scaled) // 2] for _ in range(_HALVES)]
    fitted = [KMeans(size, n_init=2, random_state=seed).fit(scaled[half]) for half in halves]
    labels = [one.predict(scaled) for one in fitted]
    return float(np.mean([adjusted_rand_score(one, other) for one, other in combinations(labels, 2)]))


def _describe(
    centres: Floats, counts: NDArray[np.int64], features: tuple[str, ...], means: Floats, deviations: Floats
) -> tuple[Segment, ...]:
    """Returns the segments, the largest first, each named by its strongest features."""
    ranked = np.argsort(-counts, kind="stable")
    told = [_name_strongest(centres[place], features) for place in ranked]
    names = _name_apart(told)
    return tuple(
        Segment(number, name, strongest, int(counts[place]), _as_tuple(centres[place] * deviations + means))
        for number, (place, strongest, name) in enumerate(zip(ranked, told, names, strict=True), 1)
    )


def _name_strongest(centre: Floats, features: tuple[str, ...]) -> tuple[str, ...]:
    strongest = np.argsort(-np.abs(centre), kind="stable")[:_STRONGEST]
    return tuple(_phrase(features[place], bool(centre[place] > 0)) for place in strongest)


def _phrase(feature: str, is_high: bool) -> str:
    """Returns a feature of a segment in words: contract Prepaid, no internet service, high monthly charges."""
    column, is_word, word = feature.partition(IS)
    words = column.replace("_", " ").removesuffix(" usd").removesuffix(" months")
    if is_word:
        return f"{words} {word}" if is_high else f"{words} not {word}"
    for prefix in ("is_", "has_", "uses_"):
        if column.startswith(prefix):
            return words[len(prefix) :] if is_high else f"no {words[len(prefix) :]}"
    return f"{'high' if is_high else 'low'} {words}"


def _name_apart(told: Sequence[tuple[str, ...]]) -> list[str]:
    """Returns a name for each segment: two features, and more of them as long as two segments have the same name."""
    for length in range(2, _STRONGEST + 1):
        names = [", ".join(strongest[:length]) for strongest in told]
        if len(set(names)) == len(names):
            return names
    return [f"{name} ({number})" for number, name in enumerate(names, 1)]


def number_as_before(now: Segmentation, before: Segmentation | None, highest: int) -> Segmentation:
    """Returns the segmentation with the numbers of the one before, for segments that are about the same.

    Two segments are about the same if each is the nearest one to the other. A segment without such a partner gets a
    number that no segment ever had.

    Args:
        now: the new segmentation.
        before: the segmentation before; None if there is none.
        highest: the highest number that any segment ever had.
    """
    kept = _match(now, before) if before is not None else {}
    fresh = iter(range(highest + 1, highest + 1 + len(now.segments)))
    numbered = [
        replace(segment, number=kept[place] if place in kept else next(fresh))
        for place, segment in enumerate(now.segments)
    ]
    return replace(now, segments=tuple(sorted(numbered, key=lambda segment: segment.number)))


def _match(now: Segmentation, before: Segmentation) -> dict[int, int]:
    """Returns the place of each new segment that has a partner, with the number of the partner."""
    common = [name for name in now.features if name in before.features]
    if len(common) < len(now.features) / 2:
        return {}
    deviations = np.array([now.deviations[now.features.index(name)] for name in common])
    new, old = (
        np.array([[segment.centre[one.features.index(name)] for name in common] for segment in one.segments])
        for one in (now, before)
    )
    distances = np.linalg.norm((new[:, None, :] - old[None, :, :]) / deviations, axis=2)
    return {
        place: before.segments[other].number
        for place, other in enumerate(distances.argmin(axis=1))
        if distances[:, other].argmin() == place
    }


def _as_tuple(numbers: Floats) -> tuple[float, ...]:
    return tuple(float(number) for number in numbers)

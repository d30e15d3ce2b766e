"""Measures the drift of the mix of customers: the population stability index (PSI) of each dimension. Pure.

Worked example: half of the customers had DSL and half had fiber; now 40% have DSL and 60% have fiber. The index is
(0.4 - 0.5) x ln(0.4 / 0.5) + (0.6 - 0.5) x ln(0.6 / 0.5) = 0.041. By convention a mix is stable below 0.1, and it has
changed from 0.25 on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log

from churn.stores.shown import Row

SAME_BELOW, OTHER_FROM = 0.1, 0.25
_NOBODY = 0.5


def measure_drift(before: Iterable[Row], now: Iterable[Row]) -> list[Row]:
    """Returns for each dimension: stability_index, verdict and the segment whose share changed most.

    Args:
        before: dimension, segment and customers_count of the earlier date.
        now: the same columns of the later date.
    """
    first, second = _by_dimension(before), _by_dimension(now)
    return [_compare(dimension, first[dimension], second[dimension]) for dimension in sorted(first.keys() & second)]


def _by_dimension(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counts[row["dimension"]][row["segment"]] = row["customers_count"]
    return counts


def _compare(dimension: str, before: dict[str, int], now: dict[str, int]) -> Row:
    segments = sorted(before.keys() | now)
    then, today = _shares(before, segments), _shares(now, segments)
    index = sum((today[segment] - then[segment]) * log(today[segment] / then[segment]) for segment in segments)
    # Rounded: the two shares of a dimension with two segments change by the same amount, except for the last bits. The
    # first segment by name must win on every machine.
    most = max(segments, key=lambda segment: round(abs(today[segment] - then[segment]), 9))
    verdict = "stable" if index < SAME_BELOW else "shifting" if index < OTHER_FROM else "changed"
    return {
        "dimension": dimension,
        "stability_index": index,
        "verdict": verdict,
        "segment": most,
        "share_before": then[most],
        "share_now": today[most],
    }


def _shares(counts: Mapping[str, int], segments: list[str]) -> dict[str, float]:
    # A segment without customers counts as half a customer, so that no share is 0 and the logarithm stays finite.
    total = sum(counts.values()) or 1
    return {segment: max(counts.get(segment, 0), _NOBODY) / total for segment in segments}

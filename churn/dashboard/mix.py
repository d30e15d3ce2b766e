"""How far the mix of customers has moved: the population stability index of each dimension. Pure.

Worked example: half of the customers were on DSL and half on fiber, now it is 40 % and 60 %: (0.4 - 0.5) x ln(0.4 /
0.5) + (0.6 - 0.5) x ln(0.6 / 0.5) = 0.041. Below 0.1 is usually taken for the same, above 0.25 for another base.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log
from typing import Any

SAME_BELOW, OTHER_FROM = 0.1, 0.25
_NOBODY = 0.5

Row = Mapping[str, Any]


def measure_drift(before: Iterable[Row], now: Iterable[Row]) -> list[dict[str, Any]]:
    """Returns dimension, stability_index, verdict and the segment whose share moved most, by dimension.

    Args:
        before: dimension, segment, customers_count of one date.
        now: the same of another. A segment nobody is in counts half a customer, so that the index stays finite.
    """
    first, second = _by_dimension(before), _by_dimension(now)
    return [_compare(dimension, first[dimension], second[dimension]) for dimension in sorted(first.keys() & second)]


def _by_dimension(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counts[row["dimension"]][row["segment"]] = row["customers_count"]
    return counts


def _compare(dimension: str, before: dict[str, int], now: dict[str, int]) -> dict[str, Any]:
    segments = sorted(before.keys() | now)
    then, today = _shares(before, segments), _shares(now, segments)
    index = sum((today[segment] - then[segment]) * log(today[segment] / then[segment]) for segment in segments)
    most = max(
        segments, key=lambda segment: round(abs(today[segment] - then[segment]), 9)
    )  # Of two, both move as far: the first.
    verdict = "the same" if index < SAME_BELOW else "moving" if index < OTHER_FROM else "another base"
    return {
        "dimension": dimension,
        "stability_index": index,
        "verdict": verdict,
        "segment": most,
        "share_before": then[most],
        "share_now": today[most],
    }


def _shares(counts: Mapping[str, int], segments: list[str]) -> dict[str, float]:
    total = sum(counts.values()) or 1
    return {segment: max(counts.get(segment, 0), _NOBODY) / total for segment in segments}

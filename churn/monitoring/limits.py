"""Compares what monitoring measured with the limits of the policy file.

A limit is broken by a large effect only: beyond what chance does to a base of this size, and larger than the policy
allows. So a small base does not alarm on chance, and a large one not on a difference that costs nobody anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from churn.contracts.money import write_money
from churn.contracts.performance import Performance
from churn.contracts.spikes import Spike
from churn.economics.limits import LimitPolicy
from churn.monitoring.causes import Cause

Check = Literal["calibration check", "ranking check", "feed check", "segment check"]
CHECKS: tuple[Check, ...] = get_args(Check)
"""What monitoring looks at. A check is one incident until it holds again."""

_Z, _SURE = 1.959964, 3.0
"""The band of `expected_leavers` has 1.96 standard deviations; an alert needs 3: chance passes them once in 370."""


@dataclass(frozen=True)
class Finding:
    """A limit that is broken.

    Attributes:
        fact: what was measured, with its date and figures.
        next_step: what a person does next.
    """

    check: Check
    fact: str
    next_step: str


def choose_newest(matured: Sequence[Performance]) -> Performance | None:
    """Returns the newest date that may be judged: its labels matured after its model was trained."""
    unseen = [one for one in matured if one.is_unseen]
    return max(unseen, key=lambda one: one.prediction_date, default=None)


def find_broken_limits(
    published: date,
    faults: Sequence[Cause],
    newest: Performance | None,
    spikes: Sequence[Spike],
    limits: LimitPolicy,
) -> list[Finding]:
    """Returns the limits that are broken now, the feed first.

    Args:
        published: the latest published date.
        faults: the faults of its feed.
        newest: the newest date that may be judged; None if there is none.
        spikes: its segments that rose.
        limits: the limits of the policy in force.
    """
    return [*check_feed(published, faults), *check_performance(newest, limits), *check_segments(spikes, limits)]


def check_performance(newest: Performance | None, limits: LimitPolicy) -> list[Finding]:
    """Returns the limits that the newest matured date breaks."""
    if newest is None:
        return []
    found = (_check_calibration(newest, limits.calibration_off), _check_ranking(newest, limits.lift_floor))
    return [one for one in found if one is not None]


def _check_calibration(day: Performance, allowed: float) -> Finding | None:
    expected, high = day.expected_leavers, day.expected_leavers_high
    if not expected or high is None:
        return None
    noise = (high - expected) / _Z * _SURE
    off = day.actual_leavers - expected
    if abs(off) <= noise or abs(off) <= allowed * expected:
        return None
    more = "more" if off > 0 else "fewer"
    return Finding(
        "calibration check",
        f"Of {day.prediction_date}, {day.actual_leavers:,.0f} customers left within {day.window_days} days where "
        f"{expected:,.0f} were expected: {abs(off) / expected:.0%} {more}, and chance explains {noise / expected:.0%}.",
        "read reporting.performance_by_group for the segment, then train with `churn train`: the labels of that date "
        "have matured.",
    )


def _check_ranking(day: Performance, floor: float) -> Finding | None:
    if day.lift is None or day.lift_high is None or day.lift_high >= floor:
        return None
    return Finding(
        "ranking check",
        f"Of {day.prediction_date}, the top 10% by score hold {day.lift:.2f} times the leavers of a random 10%; the "
        f"policy asks for {floor:.2f}, and chance explains up to {day.lift_high:.2f}.",
        "look for a column that changed its meaning with `churn compare`, then train with `churn train`.",
    )


def check_feed(day: date, faults: Sequence[Cause]) -> list[Finding]:
    """Returns the finding of a date whose feed is at fault; empty if it is not."""
    if not faults:
        return []
    told = "; ".join(cause.evidence for cause in faults[:3])
    more = f"; and {len(faults) - 3} more features" if len(faults) > 3 else ""
    return [
        Finding(
            "feed check",
            f"The extract of {day} looks faulty: {told}{more}. Its scores are published and may be wrong.",
            f"ask whoever makes the extract, load the corrected file with `churn run --source FILE --as-of {day}`, or "
            f'take the date back with `churn withdraw {day} --why "..."`.',
        )
    ]


def check_segments(spikes: Sequence[Spike], limits: LimitPolicy) -> list[Finding]:
    """Returns the finding of a date of which segments rose by more than the policy's amount; empty if none did."""
    large = [spike for spike in spikes if spike.usd is None or spike.usd >= limits.spike_usd]
    if not large:
        return []
    return [
        Finding(
            "segment check",
            " ".join(tell_spike(spike) for spike in large[:3]),
            "ask what changed for these customers (a price, an outage, an offer), and look at them on the page "
            "Segments; `churn campaign plan NAME` says whom a contact pays for.",
        )
    ]


def tell_spike(spike: Spike) -> str:
    """Returns a sentence about a segment that rose."""
    what = "probability of leaving" if spike.usd is None else "expected loss"
    money = "" if spike.usd is None else f", {write_money(spike.usd)} of a year's revenue more"
    return (
        f"Since {spike.since} the {what} of {spike.customers:,} customers ({spike.words}) is {spike.rise:.0%} higher"
        f"{money}."
    )

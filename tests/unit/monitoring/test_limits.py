"""A limit is broken by a large effect only: larger than chance makes it, and than the policy allows."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from churn.contracts.performance import Performance
from churn.economics.limits import LimitPolicy, load_limits
from churn.economics.policies import POLICY_FILE, load_policies
from churn.errors import WrongUsage
from churn.monitoring.limits import check_performance, choose_newest

DAY = date(2026, 1, 31)
NOTHING = dict.fromkeys(Performance.__dataclass_fields__)


def matured(actual: float, expected: float, spread: float, **changes: object) -> Performance:
    """A date with so many leavers; `spread` is half the width of the 95% band."""
    known = {
        "prediction_date": DAY,
        "window_days": 30,
        "is_unseen": True,
        "actual_leavers": actual,
        "expected_leavers": expected,
        "expected_leavers_high": expected + spread,
    }
    return Performance(**{**NOTHING, **known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actual", "expected", "spread", "is_broken"),
    [
        (140, 100, 20, True),
        (60, 100, 20, True),
        (124, 100, 10, False),  # beyond chance, but less than the policy's 25%
        (140, 100, 30, False),  # 3 standard deviations are 46: chance explains it
        (4, 2, 2.8, False),
        (12_400, 10_000, 200, False),
        (12_600, 10_000, 200, True),
    ],
)
def test_leavers_are_off_by_more_than_chance_and_than_the_policy_allows(
    actual: float, expected: float, spread: float, is_broken: bool
) -> None:
    found = check_performance(matured(actual, expected, spread), LimitPolicy())

    assert [one.check for one in found] == (["calibration check"] if is_broken else [])


def test_the_finding_says_what_was_measured() -> None:
    (found,) = check_performance(matured(140, 100, 20), LimitPolicy())

    assert found.fact == (
        "Of 2026-01-31, 140 customers left within 30 days where 100 were expected: 40% more, and chance explains 31%."
    )


def test_a_ranking_is_broken_once_chance_does_not_explain_it() -> None:
    weak = matured(100, 100, 20, lift=1.2, lift_high=1.4)

    assert [one.check for one in check_performance(weak, LimitPolicy())] == ["ranking check"]
    assert check_performance(replace(weak, lift_high=1.6), LimitPolicy()) == []
    assert check_performance(weak, LimitPolicy(lift_floor=1.3)) == []


def test_only_labels_that_the_model_has_not_seen_may_break_a_limit() -> None:
    older, seen = matured(100, 100, 20), matured(200, 100, 20, prediction_date=DAY + timedelta(1), is_unseen=False)

    assert choose_newest([older, seen]) == older
    assert choose_newest([seen]) is None
    assert check_performance(None, LimitPolicy()) == []


def test_the_policy_file_holds_the_limits_in_force(tmp_path: Path) -> None:
    older, wrong = tmp_path / "older.toml", tmp_path / "wrong.toml"
    older.write_text(POLICY_FILE.read_text().replace("[limits]", "[keep]", 1).partition("[keep]")[0])
    wrong.write_text("[limits]\nlift_flor = 2\n")

    assert load_limits() == load_limits(older) == LimitPolicy()
    assert load_policies(older).notes == ()
    with pytest.raises(WrongUsage, match=r"unknown value limits\.lift_flor"):
        load_limits(wrong)

"""The sentence of the day says how the figure that matters moved; below it stand the cause and the exact parts."""

import pytest

from churn.dashboard.headline import tell_calls, tell_headline, tell_split
from churn.monitoring.causes import Cause
from churn.monitoring.drift import Movement
from tests.unit.dashboard.test_summary import make_day

MOVEMENT = Movement(
    before=71_800.0,
    after=84_100.0,
    by_correction=0.0,
    by_joined=1_000.0,
    by_gone=-700.0,
    by_price=9_000.0,
    by_behaviour=3_000.0,
    by_model=None,
    joined_count=9,
    gone_count=7,
)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (71_800.0, "$84,100 of a year's revenue is expected to leave within 30 days: $12,300 more than on 2026-03-24."),
        (90_000.0, "$84,100 of a year's revenue is expected to leave within 30 days: $5,900 less than on 2026-03-24."),
        (84_100.2, "$84,100 of a year's revenue is expected to leave within 30 days, as on 2026-03-24."),
    ],
)
def test_the_headline_says_how_the_figure_that_matters_moved(before: float, said: str) -> None:
    now, then = make_day(0, expected_annual_loss_usd=84_100.0), make_day(7, expected_annual_loss_usd=before)

    assert tell_headline(now, then) == said


def test_without_an_earlier_extract_the_headline_says_the_figure() -> None:
    assert tell_headline(make_day(0), None) == "$90,000 of a year's revenue is expected to leave within 30 days."


def test_without_a_value_a_month_the_headline_counts_customers() -> None:
    assert tell_headline(make_day(0, annual_revenue_usd=None), None) == (
        "About 100 customers are expected to leave within 30 days."
    )


def test_the_cause_comes_first_and_the_parts_add_up() -> None:
    cause = Cause("price", "the charges of the same customers changed", 9_000.0)

    assert tell_split(MOVEMENT, [cause]) == (
        "Prices explain most of it. The charges of the same customers changed. The change in parts: prices +$9,000, "
        "behaviour +$3,000, joined customers +$1,000, customers who are gone −$700."
    )
    assert tell_split(None, [cause]) == ""


def test_the_calls_of_today_stand_against_the_seats() -> None:
    seated = make_day(0, listed_customers_count=219, seats_count=80, within_seats_count=80)

    assert tell_calls(seated) == "80 for 80 seats; 219 worth a contact"
    assert tell_calls(seated | {"seats_count": None}) == "219 worth a contact; the policy sets no seats"

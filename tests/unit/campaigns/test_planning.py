"""A company is told before it starts how long it will take until an effect can be seen."""

import pytest

from churn.campaigns.planning import Enrolment, months_to_answer, needed_customers, price_of_holdout_usd

SMALL = Enrolment(stock=704, new_a_month=704, capacity_a_month=9_000, leaving_share=0.19)
LARGE = Enrolment(stock=10_000, new_a_month=10_000, capacity_a_month=20_000, leaving_share=0.19)


def test_the_worked_example() -> None:
    assert needed_customers(SMALL, 0.2, 0.2, 0.8) == pytest.approx(5584, abs=1)
    assert months_to_answer(SMALL, 0.2, 0.2, 0.8, 60) == 10


def test_a_small_control_group_makes_a_small_company_wait_for_years() -> None:
    months = [months_to_answer(SMALL, 0.2, holdout, 0.8, 60) for holdout in (0.05, 0.1, 0.2, 0.5)]

    assert months == sorted(months, reverse=True)  # type: ignore[type-var]
    assert months[0] is not None
    assert months[0] > 24


def test_a_large_company_waits_for_the_window_only() -> None:
    assert months_to_answer(LARGE, 0.3, 0.2, 0.8, 60) == 3


def test_an_effect_that_never_shows_has_no_month() -> None:
    assert months_to_answer(Enrolment(704, 0, 9_000, 0.19), 0.1, 0.2, 0.8, 60) is None


def test_the_control_group_costs_its_share_of_the_profit() -> None:
    assert price_of_holdout_usd(10_000, 0.2) == pytest.approx(2_000)


def test_few_seats_make_a_large_company_wait() -> None:
    seats = Enrolment(stock=10_000, new_a_month=10_000, capacity_a_month=500, leaving_share=0.19)

    assert months_to_answer(seats, 0.2, 0.2, 0.8, 60) == 14

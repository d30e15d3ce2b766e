"""Seats and a budget are given to the customers for whom they are worth most; no seat is given twice."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from churn.campaigns.allocation import Allocation, Options, allocate
from churn.campaigns.seating import Seating

CHANNELS = np.array([0, 0, 1])


def make_options(customers: int, seed: int, seats: tuple[float, ...], budget: float = float("inf")) -> Options:
    generator = np.random.default_rng(seed)
    values = generator.exponential(30, (customers, 3)) - 15
    costs = generator.uniform(2, 40, (customers, 3))
    return Options(values, costs, CHANNELS, np.array(seats, dtype=float), budget)


def best_by_trying(options: Options) -> float:
    best = 0.0
    for choice in product(range(-1, 3), repeat=len(options.values)):
        given_ = [(customer, option) for customer, option in enumerate(choice) if option >= 0]
        used = np.bincount([CHANNELS[option] for _, option in given_], minlength=2)
        spent = sum(options.costs[pair] for pair in given_)
        if (used <= options.seats).all() and spent <= options.budget_usd:
            best = max(best, sum(options.values[pair] for pair in given_))
    return best


def solve_relaxed(options: Options) -> float:
    """Returns the value of the linear program by HiGHS, an oracle that shares no line with ours."""
    count, width = options.values.shape
    rows = [np.kron(np.eye(count), np.ones(width))]
    rows += [np.tile((channel == CHANNELS).astype(float), count)[None] for channel in range(2)]
    limits = [np.ones(count), np.array([options.seats[0]]), np.array([options.seats[1]])]
    if np.isfinite(options.budget_usd):
        rows.append(options.costs.reshape(1, -1))
        limits.append(np.array([options.budget_usd]))
    constraint = LinearConstraint(np.vstack(rows), -np.inf, np.concatenate(limits))
    solved = milp(-options.values.ravel(), constraints=constraint, bounds=Bounds(0, 1), integrality=0)
    return float(-solved.fun)


def limits_hold(options: Options, allocation: Allocation | Seating) -> bool:
    is_given = allocation.chosen >= 0
    used = np.bincount(CHANNELS[allocation.chosen[is_given]], minlength=2)
    spent = options.costs[is_given, allocation.chosen[is_given]].sum()
    return bool((used <= options.seats).all() and spent <= options.budget_usd + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_seven_customers_get_what_trying_everything_finds(seed: int) -> None:
    options = make_options(7, seed, (2, 1))

    assert allocate(options).value_usd == pytest.approx(best_by_trying(options))


@pytest.mark.parametrize("budget", [float("inf"), 3_000.0])
def test_2000_customers_lose_at_most_two_thousandths_of_the_best_possible(budget: float) -> None:
    options = make_options(2000, 5, (150, 80), budget)
    allocation = allocate(options)

    assert limits_hold(options, allocation)
    assert allocation.value_usd >= 0.998 * solve_relaxed(options)
    assert allocation.bound_usd == pytest.approx(solve_relaxed(options), rel=2e-3)


def test_the_price_of_a_seat_is_what_one_more_seat_brings() -> None:
    fewer, more = (make_options(2000, 5, (seats, 80)) for seats in (145, 155))
    worth = (solve_relaxed(more) - solve_relaxed(fewer)) / 10

    assert allocate(make_options(2000, 5, (150, 80))).seat_prices_usd[0] == pytest.approx(worth, rel=0.05)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 10_000), st.integers(0, 9), st.integers(0, 9), st.floats(0, 400))
def test_no_seat_and_no_dollar_is_used_twice(customers: int, seed: int, calls: int, mails: int, budget: float) -> None:
    options = make_options(customers, seed, (calls, mails), budget)

    assert limits_hold(options, allocate(options))


def test_an_option_that_is_not_allowed_or_loses_money_is_never_given() -> None:
    values = np.array([[-np.inf, -np.inf, 5.0], [-3.0, -np.inf, -1.0]])
    allocation = allocate(Options(values, np.ones((2, 3)), CHANNELS, np.array([9.0, 9.0])))

    assert allocation.chosen.tolist() == [2, -1]

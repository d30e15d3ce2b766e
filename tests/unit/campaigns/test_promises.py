"""What a campaign's figures are worth, over many campaigns whose truth is known."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, vstack

from churn.campaigns.allocation import Options, allocate
from churn.campaigns.assignment import draw_all
from churn.campaigns.lift import AGREED_DAY_ERROR, Estimate, estimate_effect
from tests.unit.campaigns.test_allocation import make_options

MARGIN_MONTHS = 6.0


def make_campaign(
    generator: np.random.Generator, customers: int = 4_000, effect: float = 0.3, holdout: float = 0.2
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns what the score said, the charge, who is treated, and who left; the true risk is not the score."""
    score = generator.beta(1.2, 9, customers)
    risk = np.clip(score * generator.lognormal(-0.08, 0.4, customers), 0, 1)
    charge = generator.uniform(20, 110, customers)
    is_treated = generator.random(customers) >= holdout
    # Only the reached can be persuaded, and the risky more than the others: the effect is not the same for all.
    persuaded = generator.random(customers) < 0.6 * effect * (0.5 + 5 * score).clip(0, 1.6)
    would_leave = generator.random(customers) < risk
    return score, charge, is_treated, np.where(is_treated & persuaded, False, would_leave).astype(float)


def true_effects(customers: int = 2_000_000) -> tuple[float, float]:
    """Returns the expected effect on leaving, and on money with an offer that costs what it says."""
    generator = np.random.default_rng(99)
    score = generator.beta(1.2, 9, customers)
    risk = np.clip(score * generator.lognormal(-0.08, 0.4, customers), 0, 1)
    charge = generator.uniform(20, 110, customers)
    saved = risk * 0.18 * (0.5 + 5 * score).clip(0, 1.6)
    return float(-saved.mean()), float((saved * charge * MARGIN_MONTHS).mean() - 2.0)


def covered(campaigns: int, error: float) -> tuple[float, float]:
    """Returns the share of campaigns whose interval holds the truth: of leaving and of money."""
    generator = np.random.default_rng(7)
    leaving, money = true_effects()
    hits = np.zeros(2)
    for _ in range(campaigns):
        score, charge, is_treated, left = make_campaign(generator)
        margin = charge * MARGIN_MONTHS
        cash = np.where(left == 1, 0.0, margin) - 2.0 * is_treated
        known = np.column_stack([score, margin, score * margin])
        for position, (estimate, truth) in enumerate(
            (
                (estimate_effect(left, is_treated, score[:, None]), leaving),
                (estimate_effect(cash, is_treated, known), money),
            )
        ):
            low, high = estimate.interval(error)
            hits[position] += low <= truth <= high
    return float(hits[0] / campaigns), float(hits[1] / campaigns)


def verdicts_without_an_effect(campaigns: int, weeks: int = 26) -> float:
    """Returns the share of campaigns without an effect that get a verdict, looked at every week and on the last day."""
    generator = np.random.default_rng(11)
    wrong = 0
    for _ in range(campaigns):
        score, _, is_treated, left = make_campaign(generator, effect=0.0)
        last = estimate_effect(left, is_treated, score[:, None])
        wrong += _speaks(last, score, is_treated, left, weeks)
    return wrong / campaigns


def _speaks(last: Estimate, score: np.ndarray, is_treated: np.ndarray, left: np.ndarray, weeks: int) -> bool:
    planned = last.standard_error**2
    for week in range(4, weeks):
        known = slice(0, len(left) * week // weeks)
        now = estimate_effect(left[known], is_treated[known], score[known, None])
        if not _holds_zero(now.any_day_interval(planned)):
            return True
    return not _holds_zero(last.interval(AGREED_DAY_ERROR))


def _holds_zero(interval: tuple[float, float]) -> bool:
    return interval[0] <= 0 <= interval[1]


def test_300_campaigns_hold_the_truth_as_often_as_they_say() -> None:
    for share in covered(300, 0.05):
        assert 0.92 <= share <= 0.98


@pytest.mark.slow
def test_the_95_percent_interval_of_2000_campaigns_covers_93_to_97_percent_for_leaving_and_for_money() -> None:
    leaving, money = covered(2_000, 0.05)
    print(f"covered: leaving {leaving:.1%}, money {money:.1%}")

    assert 0.93 <= leaving <= 0.97
    assert 0.93 <= money <= 0.97


def test_looking_every_week_at_nothing_seldom_gives_a_verdict() -> None:
    assert verdicts_without_an_effect(100) <= 0.10


@pytest.mark.slow
def test_looking_every_week_at_nothing_gives_a_verdict_in_at_most_6_of_100_campaigns() -> None:
    wrong = verdicts_without_an_effect(2_000)
    print(f"verdicts without an effect, looked at every week: {wrong:.1%}")

    assert wrong <= 0.06


def test_the_control_groups_of_two_campaigns_have_nothing_in_common_at_200000_customers() -> None:
    customers = pl.Series([f"{number:07d}" for number in range(200_000)])
    draws = [draw_all(name, customers).to_numpy() for name in ("autumn", "spring")]
    held_out = [draw < 0.2 for draw in draws]

    assert abs(np.corrcoef(*draws)[0, 1]) < 0.01
    assert abs(np.corrcoef(*held_out)[0, 1]) < 0.01


def solve_with_prices(options: Options) -> tuple[float, np.ndarray]:
    """Returns the value of the linear program and the prices of seats, as HiGHS finds them."""
    customers, choices = options.values.shape
    rows, columns = np.divmod(np.arange(customers * choices), choices)
    is_allowed = np.isfinite(options.values).ravel()
    one_each = coo_matrix((np.ones(is_allowed.sum()), (rows[is_allowed], np.arange(is_allowed.sum()))),
                          shape=(customers, is_allowed.sum()))  # fmt: skip
    seats = coo_matrix(
        (np.ones(is_allowed.sum()), (options.channels[columns[is_allowed]], np.arange(is_allowed.sum()))),
        shape=(len(options.seats), is_allowed.sum()),
    )
    limits = np.append(np.ones(customers), options.seats)
    solved = linprog(
        -options.values.ravel()[is_allowed], A_ub=vstack([one_each, seats]), b_ub=limits, bounds=(0, 1), method="highs"
    )
    return -float(solved.fun), -solved.ineqlin.marginals[customers:]


def test_the_prices_of_seats_are_within_5_percent_of_those_that_highs_finds() -> None:
    for seed in (5, 6, 7):
        options = make_options(2_000, seed, (150, 80))
        best, prices = solve_with_prices(options)
        allocation = allocate(options)

        assert allocation.value_usd >= 0.998 * best
        np.testing.assert_allclose(allocation.seat_prices_usd, prices, rtol=0.05)

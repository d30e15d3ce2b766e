"""What a campaign was worth: intervals that hold as often as they say, and a verdict only when it is known."""

import numpy as np
import pytest

from churn.campaigns.lift import Estimate, estimate_effect, has_enough_leavers, newcombe_interval, sample_ratio_p


def play(generator: np.random.Generator, customers: int, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns who left, who was treated, and the score of one campaign with a known relative reduction of leaving."""
    score = generator.beta(1.2, 6, customers)
    is_treated = generator.random(customers) >= 0.2
    leaving = np.where(is_treated, score * (1 - effect), score)
    return (generator.random(customers) < leaving).astype(float), is_treated, score[:, None]


def test_the_95_percent_interval_covers_the_truth_in_95_of_100_campaigns() -> None:
    generator = np.random.default_rng(11)
    covered, campaigns = 0, 1000
    for _ in range(campaigns):
        left, is_treated, score = play(generator, 1500, 0.25)
        truth = -0.25 * float(score.mean())  # the covariates are the customers': the effect on these very customers
        low, high = estimate_effect(left, is_treated, score).interval(0.05)
        covered += low <= truth <= high
    assert 0.93 <= covered / campaigns <= 0.97


def test_looking_every_week_finds_nothing_where_nothing_is() -> None:
    generator, found, campaigns = np.random.default_rng(12), 0, 300
    for _ in range(campaigns):
        left, is_treated, score = play(generator, 3000, 0.0)
        planned = estimate_effect(left, is_treated, score).standard_error ** 2
        looks = [estimate_effect(left[:n], is_treated[:n], score[:n]) for n in range(500, 3001, 250)]
        found += any(low > 0 or high < 0 for low, high in (look.any_day_interval(planned) for look in looks))
    assert found / campaigns <= 0.03


def test_the_score_makes_the_estimate_more_precise() -> None:
    left, is_treated, score = play(np.random.default_rng(13), 20_000, 0.2)
    with_score = estimate_effect(left, is_treated, score).standard_error
    without = estimate_effect(left, is_treated, np.zeros((20_000, 0))).standard_error

    assert with_score < 0.98 * without


def test_without_covariates_the_effect_is_the_difference_of_the_means_with_its_textbook_error() -> None:
    outcome, is_treated = np.array([1.0, 0, 1, 0, 1, 1, 0, 0]), np.array([True] * 4 + [False] * 4)
    estimate = estimate_effect(outcome, is_treated, np.zeros((8, 0)))

    assert estimate.effect == pytest.approx(0.0)
    assert estimate.standard_error == pytest.approx(np.sqrt(outcome[:4].var(ddof=1) / 4 + outcome[4:].var(ddof=1) / 4))


def test_newcombes_own_example() -> None:
    assert newcombe_interval(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_arms_as_uneven_as_a_broken_draw_makes_them_are_noticed() -> None:
    assert sample_ratio_p(800, 200, 0.2) > 0.9
    assert sample_ratio_p(900, 100, 0.2) < 0.001


def test_19_leavers_in_an_arm_are_not_enough() -> None:
    left, is_treated = np.ones(45, dtype=bool), np.array([True] * 26 + [False] * 19)

    assert not has_enough_leavers(left, is_treated)
    assert has_enough_leavers(left, ~np.isin(np.arange(45), range(20)))


def test_an_any_day_interval_is_wider_than_the_one_of_an_agreed_day() -> None:
    estimate = Estimate(-0.04, 0.01)
    (low, high), (any_low, any_high) = estimate.interval(0.04), estimate.any_day_interval(0.0001)

    assert any_low < low < high < any_high

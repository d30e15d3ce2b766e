"""Selection respects noise: a better candidate is chosen, a lucky one is not."""

import numpy as np
from numpy.typing import NDArray

from churn.learning.selecting import select

RNG = np.random.default_rng(4)
TRUE_LOG_ODDS = RNG.normal(-1.3, 1.6, 2000)
LABELS = RNG.random(2000) < 1 / (1 + np.exp(-TRUE_LOG_ODDS))


def blurred(noise: float, seed: int) -> NDArray[np.float64]:
    blur = np.random.default_rng(seed).normal(0, noise, 2000)
    return 1 / (1 + np.exp(-(TRUE_LOG_ODDS + blur)))


def test_a_clearly_better_ranking_wins_whatever_its_family() -> None:
    chosen, reason = select(LABELS, {"logistic_regression": blurred(2.0, 1), "random_forest": blurred(0.2, 2)}, seed=0)
    assert chosen == "random_forest"
    assert reason == "random_forest has the best validation PR-AUC beyond chance"


def test_among_level_rankings_the_better_probabilities_win() -> None:
    overconfident = 1 / (1 + np.exp(-2.5 * TRUE_LOG_ODDS))
    chosen, reason = select(LABELS, {"logistic_regression": overconfident, "xgboost": blurred(0.0, 1)}, seed=0)
    assert chosen == "xgboost"
    assert "best validation log loss" in reason


def test_candidates_that_noise_cannot_tell_apart_go_to_the_simplest() -> None:
    level = {"average": blurred(0.05, 1), "xgboost": blurred(0.05, 2), "logistic_regression": blurred(0.05, 3)}
    chosen, reason = select(LABELS, level, seed=0)
    assert chosen == "logistic_regression"
    assert "is simpler than average, xgboost" in reason

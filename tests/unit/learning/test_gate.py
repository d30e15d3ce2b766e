"""The gate, against challengers whose true quality is known."""

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from churn.economics.policies import load_policies
from churn.learning.figures import weighted_pr_auc
from churn.learning.gate import Contest, Decision, judge

POLICIES = load_policies()
TEST_ROWS = 1409
FEW, MANY = 60, pytest.param(400, marks=pytest.mark.slow)
"""Contests: enough to find a gate that is wrong by a tenth, and a long proof."""
Floats = NDArray[np.float64]


def sigmoid(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-log_odds))


class Telecom:
    """Customers whose log-odds of leaving are a + b, both normal. A model knows a, and b through noise of its own."""

    def __init__(self, customers: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.known, self.partly = generator.normal(-1.45, 1.55, customers), generator.normal(0, 0.7, customers)
        self.blur_of_champion = generator.normal(0, 1, customers)
        self.blur = LIKENESS * self.blur_of_champion + np.sqrt(1 - LIKENESS**2) * generator.normal(0, 1, customers)
        self.labels = generator.random(customers) < sigmoid(self.known + self.partly)
        self.monthly_charges = generator.uniform(20, 110, customers)

    def model(self, noise: float, blur: Floats) -> Floats:
        """Calibrated probabilities of a model that sees b through noise of this standard deviation."""
        share = 0.49 / (0.49 + noise**2)
        seen = self.known + share * (self.partly + noise * blur)
        return sigmoid(seen / np.sqrt(1 + np.pi / 8 * 0.49 * (1 - share)))


LIKENESS = 0.5
"""How alike two models err: gains of equals then scatter by 0.008, as a forest's against a logistic regression's do."""
CHAMPION, WORSE, BETTER = 1.0, 1.65, 0.45
"""Noise, and with it quality: see `test_the_contestants_are_what_they_are_said_to_be`."""


def contest(noise: float, attempt: int) -> Contest:
    telecom = Telecom(TEST_ROWS, seed=attempt)
    champion = telecom.model(CHAMPION, telecom.blur_of_champion)
    return Contest(telecom.labels, telecom.model(noise, telecom.blur), champion, telecom.monthly_charges)


def verdicts(noise: float, attempts: int) -> Counter[str]:
    return Counter(judge(contest(noise, attempt), POLICIES, seed=20).verdict for attempt in range(attempts))


def true_gain(noise: float) -> float:
    telecom, once = Telecom(400_000, seed=1_000), np.ones((1, 400_000))
    challenger, champion = telecom.model(noise, telecom.blur), telecom.model(CHAMPION, telecom.blur_of_champion)
    figures = [weighted_pr_auc(telecom.labels, one, once)[0] for one in (challenger, champion)]
    return float(figures[0] - figures[1])


def test_the_contestants_are_what_they_are_said_to_be() -> None:
    assert true_gain(WORSE) == pytest.approx(-0.01, abs=0.0015)
    assert true_gain(CHAMPION) == pytest.approx(0, abs=0.0015)
    assert true_gain(BETTER) == pytest.approx(0.02, abs=0.0015)


@pytest.mark.parametrize("attempts", [FEW, MANY])
def test_a_challenger_worse_by_a_point_is_never_promoted(attempts: int) -> None:
    assert verdicts(WORSE, attempts)["promote"] == 0


@pytest.mark.parametrize("attempts", [FEW, MANY])
def test_a_challenger_better_by_two_points_is_mostly_promoted(attempts: int) -> None:
    assert verdicts(BETTER, attempts)["promote"] > attempts / 2


@pytest.mark.parametrize("attempts", [FEW, MANY])
def test_an_equal_challenger_is_mostly_held(attempts: int) -> None:
    assert verdicts(CHAMPION, attempts)["hold"] > 0.9 * attempts


def alone(labels: NDArray[np.bool_], probabilities: Floats, groups: pl.DataFrame | None = None) -> Decision:
    """The decision on a first model."""
    charges = np.full(len(labels), 65.0)
    return judge(
        Contest(labels, probabilities, None, charges, pl.DataFrame() if groups is None else groups), POLICIES, 1
    )


TELECOM = Telecom(TEST_ROWS, seed=7)
HONEST = TELECOM.model(0.1, TELECOM.blur)


def test_the_first_honest_model_is_promoted_and_told_against_the_base_rate() -> None:
    decision = alone(TELECOM.labels, HONEST)
    assert decision.verdict == "promote"
    assert decision.reasons[0].endswith(f"base rate {TELECOM.labels.mean():.3f}")


def test_scores_that_know_nothing_are_refused() -> None:
    decision = alone(TELECOM.labels, np.random.default_rng(0).permutation(HONEST))
    assert decision.verdict == "reject"
    assert "not above the base rate" in decision.reasons[0]


def test_probabilities_that_do_not_come_true_are_refused_however_well_they_rank() -> None:
    weighted = sigmoid(np.log(HONEST / (1 - HONEST)) + np.log(3))  # as balanced class weights make them
    decision = alone(TELECOM.labels, weighted)
    assert decision.verdict == "reject"
    assert "calibration error" in decision.reasons[0]


def test_a_model_that_fails_one_kind_of_customer_is_refused_and_says_which() -> None:
    is_blind = np.arange(TEST_ROWS) < 400
    blinded = np.where(is_blind, TELECOM.labels[is_blind].mean() + 1e-6 * np.arange(TEST_ROWS), HONEST)
    groups = pl.DataFrame({"contract": np.where(is_blind, "Two year", "One year")})
    decision = alone(TELECOM.labels, blinded, groups)
    assert decision.verdict == "reject"
    assert "among 400 customers with contract Two year is below 0.60" in decision.reasons[0]


def test_a_slice_too_small_to_judge_is_shown_but_not_judged() -> None:
    groups = pl.DataFrame({"contract": np.where(np.arange(TEST_ROWS) < 50, "Two year", "One year")})
    decision = alone(TELECOM.labels, HONEST, groups)
    assert decision.verdict == "promote"
    assert [one.customers for one in decision.evidence.slices] == [TEST_ROWS - 50, 50]


def test_a_better_ranking_that_loses_money_is_held() -> None:
    """The challenger sees everything but halves every probability, so that it contacts too few."""
    clear = TELECOM.model(0.01, TELECOM.blur)
    blurred = TELECOM.model(4.0, TELECOM.blur_of_champion)
    decision = judge(Contest(TELECOM.labels, clear**1.2, blurred, np.full(TEST_ROWS, 65.0)), CALIBRATION_ASIDE, 1)
    assert decision.evidence.gains["pr_auc"].low > 0
    assert decision.verdict == "promote"
    poor = judge(Contest(TELECOM.labels, clear * 0.2, blurred, np.full(TEST_ROWS, 65.0)), CALIBRATION_ASIDE, 1)
    assert poor.verdict == "hold"
    assert poor.reasons[0].startswith("ranks better, but significantly worse")


CALIBRATION_ASIDE = replace(POLICIES, gate=replace(POLICIES.gate, calibration_slack=1.0))

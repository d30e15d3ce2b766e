"""A campaign that works must not teach the model that risky customers are safe."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from churn.contracts.features import FEATURES
from churn.learning.bounded import bound, find_level
from churn.learning.candidates import predict_leaving
from churn.learning.fitting import fit_family
from churn.learning.params import Family, ModelParams
from churn.learning.weighting import find_weights, leaver_share
from tests.unit.learning.examples import make_examples

HELD_OUT = 0.2
PARAMS = ModelParams(forest_trees=30, boosting_rounds=60, deep_rounds=60)


@pytest.fixture(scope="module")
def everyone() -> pl.DataFrame:
    """A campaign that keeps 60% of the leavers whom it calls."""
    return make_everyone(12_000, seed=5, save_rate=0.6)


def make_everyone(customers: int, seed: int, save_rate: float, is_logistic: bool = False) -> pl.DataFrame:
    """Customers with their hazard. A campaign calls most of the worst tenth; a share of the called leavers stays."""
    random = np.random.default_rng(seed)
    features = make_examples(customers)
    newness = features["tenure_inverse"].to_numpy() ** 0.5
    hazard = 0.02 + 0.25 * features["is_month_to_month"].to_numpy() * newness
    if is_logistic:  # A family that can be exactly right: what is left is what the calls did to it.
        odds = 1.5 * features["is_month_to_month"] + 3 * features["tenure_inverse"] - 0.8 * features["has_tech_support"]
        hazard = expit(odds.to_numpy() - 4)
    enrolled = hazard > np.quantile(hazard, 0.9)
    called = enrolled & (random.random(len(hazard)) >= HELD_OUT)
    leaves = random.random(len(hazard)) < hazard
    saved = called & (random.random(len(hazard)) < save_rate)
    return features.with_columns(
        pl.Series("hazard", hazard),
        pl.Series("enrolled", enrolled),
        pl.Series("called", called),
        pl.Series("leaves", leaves),
        pl.Series("has_churned", leaves & ~saved),
        pl.Series("weight", np.where(enrolled, 1 / HELD_OUT, 1.0)),
    )


def mean(rows: pl.DataFrame, name: str) -> float:
    return float(rows[name].to_numpy().mean())


def risk_of_the_worst_tenth(everyone: pl.DataFrame, examples: pl.DataFrame, family: Family) -> float:
    """The mean probability that a model of the examples gives the enrolled, brought to the level of the examples."""
    model = fit_family(family, examples, PARAMS)
    leveled = bound(model, {}, find_level(model, examples))
    return float(predict_leaving(leveled, everyone.filter("enrolled")).mean())


@pytest.mark.parametrize("family", ["logistic_regression", "xgboost", "xgboost_deep", "random_forest"])
def test_without_the_called_and_with_the_held_out_weighted_the_worst_tenth_keeps_its_risk(
    everyone: pl.DataFrame, family: Family
) -> None:
    alike = everyone.with_columns(weight=pl.lit(1.0))
    without_calls = risk_of_the_worst_tenth(everyone, alike.with_columns(has_churned="leaves"), family)
    as_called = risk_of_the_worst_tenth(everyone, alike, family)
    as_known = risk_of_the_worst_tenth(everyone, everyone.filter(~pl.col("called")), family)

    assert as_called < 0.8 * without_calls
    assert as_known == pytest.approx(without_calls, rel=0.1)


def test_the_weighted_share_of_leavers_is_that_of_everybody(everyone: pl.DataFrame) -> None:
    kept = everyone.filter(~pl.col("called"))

    assert leaver_share(kept) == pytest.approx(mean(everyone, "leaves"), rel=0.1)
    assert leaver_share(kept.drop("weight")) < 0.9 * leaver_share(kept)


def test_examples_that_stand_for_themselves_have_no_weights(everyone: pl.DataFrame) -> None:
    assert find_weights(everyone.select(*FEATURES)) is None
    assert find_weights(everyone.with_columns(weight=pl.lit(1.0))) is None


def test_a_score_that_is_learned_anew_is_the_true_hazard_of_the_worst_tenth() -> None:
    """On average over 8 campaigns that keep 30% of the called leavers and hold out 20%."""
    anew, naive = [], []
    for seed in range(8):
        everyone = make_everyone(40_000, seed, save_rate=0.3, is_logistic=True)
        true = mean(everyone.filter("enrolled"), "hazard")
        alike = everyone.with_columns(weight=pl.lit(1.0))
        known = everyone.filter(~pl.col("called"))
        anew.append(risk_of_the_worst_tenth(everyone, known, "logistic_regression") / true)
        naive.append(risk_of_the_worst_tenth(everyone, alike, "logistic_regression") / true)
    print(f"score / true hazard in the worst tenth: {np.mean(anew):.3f}, learned from everybody: {np.mean(naive):.3f}")

    assert 0.95 <= np.mean(anew) <= 1.05
    assert np.mean(naive) < 0.85

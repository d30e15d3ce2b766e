"""The stack weighs the families by customers whom they have not seen, and class weights never reach the money."""

import numpy as np
import polars as pl
import pytest

from churn.learning.averaging import LogOddsStack
from churn.learning.candidates import fit_candidate, predict_leaving
from churn.learning.figures import log_losses
from churn.learning.fitting import MOST_STACKED, STACKED, _choose, fit_candidates, fit_family
from churn.learning.params import FAMILIES, Family, ModelParams
from tests.unit.learning.examples import make_examples

FAST = ModelParams(forest_trees=30, boosting_rounds=60, deep_rounds=60)
BALANCED = ModelParams(forest_trees=30, boosting_rounds=60, deep_rounds=60, class_weight="balanced")


def make_interaction(customers: int, seed: int) -> pl.DataFrame:
    """Customers who leave if they have exactly one of two things, which no additive model can say."""
    random = np.random.default_rng(seed)
    has_fiber, has_support = random.random(customers) < 0.5, random.random(customers) < 0.5
    leaves = random.random(customers) < np.where(has_fiber != has_support, 0.4, 0.05)
    return make_examples(customers).with_columns(
        pl.Series("has_fiber_optic", has_fiber.astype(np.float64)),
        pl.Series("has_tech_support", has_support.astype(np.float64)),
        pl.Series("has_churned", leaves),
    )


def test_a_stack_trusts_the_family_that_is_right_about_unseen_customers() -> None:
    train, test = make_interaction(3_000, 1), make_interaction(3_000, 2)
    models = fit_candidates(train, FAST)
    losses = {
        family: log_losses(test["has_churned"].to_numpy(), predict_leaving(model, test)).mean()
        for family, model in models.items()
    }
    stack = models["stack"]

    assert isinstance(stack, LogOddsStack)
    assert max(zip(stack.weights, STACKED, strict=True))[1] == "xgboost_deep"
    assert min(stack.weights) >= 0
    assert losses["stack"] < min(losses["logistic_regression"], losses["xgboost"], losses["average"])
    assert losses["stack"] < losses["xgboost_deep"] + 0.005


def test_a_stack_fitted_alone_is_that_of_the_candidates() -> None:
    train = make_examples(600)
    alone, together = fit_family("stack", train, FAST), fit_candidates(train, FAST)["stack"]
    assert np.array_equal(predict_leaving(alone, train), predict_leaving(together, train))


@pytest.mark.parametrize("family", [*FAMILIES, "average", "stack"])
def test_with_class_weights_probabilities_are_calibrated(family: Family) -> None:
    train, test = make_interaction(3_000, 3), make_interaction(3_000, 4)
    share = train["has_churned"].mean()
    calibrated = predict_leaving(fit_family(family, train, BALANCED), test).mean()

    assert calibrated == pytest.approx(share, abs=0.02)
    if family in FAMILIES:
        assert predict_leaving(fit_candidate(family, train, BALANCED), test).mean() > 1.5 * share


def test_a_stack_learns_its_weights_from_a_bounded_number_of_customers() -> None:
    train = pl.DataFrame({"customer_id": [f"{number % 30_000:06d}" for number in range(60_000)]})
    chosen = _choose(train, 20)

    assert 0.95 * MOST_STACKED <= chosen.height <= MOST_STACKED
    # A customer of several dates comes with all of them, so that no fold is fitted on a customer of another one.
    assert set(chosen["customer_id"].value_counts()["count"]) == {2}
    assert _choose(chosen, 20).equals(chosen)

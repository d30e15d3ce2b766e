"""A plan the model never saw is scored and flagged, not crashed on."""

import polars as pl

from churn.contracts.tariffs import known_plans
from churn.learning.fitting import fit_candidates
from churn.learning.params import ModelParams
from churn.scoring.scores import score_batch
from tests.support.policies import TIERS, VALUE
from tests.unit.learning.examples import make_examples

EXAMPLES = make_examples(400)
WITHOUT_FIBER = EXAMPLES.filter(pl.col("has_fiber_optic") == 0)


def test_fiber_customers_are_flagged_by_a_model_that_never_saw_fiber() -> None:
    model = fit_candidates(WITHOUT_FIBER, ModelParams(forest_trees=5, boosting_rounds=20))["logistic_regression"]
    scores = score_batch(EXAMPLES, model, TIERS, VALUE, known_plans=known_plans(WITHOUT_FIBER))

    assert scores["has_unseen_plan"].to_list() == (EXAMPLES["has_fiber_optic"] == 1).to_list()
    assert scores["churn_probability"].is_between(0, 1).all()


def test_plans_are_told_in_words() -> None:
    assert {"month, fiber", "two, none"} <= set(known_plans(EXAMPLES))


def test_nothing_is_flagged_when_the_known_plans_are_not_known() -> None:
    model = fit_candidates(EXAMPLES, ModelParams(forest_trees=5, boosting_rounds=20))["xgboost"]
    assert not score_batch(EXAMPLES, model, TIERS, VALUE)["has_unseen_plan"].any()

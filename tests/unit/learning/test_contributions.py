"""Contributions are exact: with the baseline they add up to the log-odds of the score."""

import numpy as np
import polars as pl
import pytest
from xgboost import DMatrix

from churn.contracts.features import FEATURES
from churn.learning.averaging import to_log_odds
from churn.learning.candidates import Model, predict_leaving
from churn.learning.contributions import contribute
from churn.learning.fitting import fit_candidates
from churn.learning.params import Family, ModelParams
from tests.unit.learning.examples import make_examples

EXAMPLES = make_examples()
TOLERANCE = {
    "logistic_regression": 1e-12,
    "xgboost": 2e-5,
    "average": 2e-5,
    "stack": 2e-5,
}  # XGBoost adds up in 32 bits
ADDITIVE = ModelParams(forest_trees=5, boosting_rounds=60)
DEEP = ModelParams(forest_trees=5, boosting_rounds=60, boosting_depth=3, left_out=("has_partner", "tenure_log"))


@pytest.fixture(scope="module", params=[ADDITIVE, DEEP], ids=["additive", "deep, two features left out"])
def models(request: pytest.FixtureRequest) -> dict[Family, Model]:
    return fit_candidates(EXAMPLES, request.param)


@pytest.mark.parametrize("family", TOLERANCE)
def test_contributions_add_up_to_the_score(models: dict[Family, Model], family: Family) -> None:
    parts = contribute(models[family], EXAMPLES)

    assert parts is not None
    log_odds = to_log_odds(predict_leaving(models[family], EXAMPLES))
    assert parts.baseline + parts.by_feature.sum(axis=1) == pytest.approx(log_odds, abs=TOLERANCE[family])


@pytest.mark.parametrize("family", TOLERANCE)
def test_a_customer_alone_has_the_contributions_of_the_batch(models: dict[Family, Model], family: Family) -> None:
    batch = contribute(models[family], EXAMPLES)
    alone = contribute(models[family], EXAMPLES[17])

    assert batch is not None
    assert alone is not None
    assert (alone.by_feature[0] == batch.by_feature[17]).all()


def test_features_left_out_contribute_nothing() -> None:
    parts = contribute(fit_candidates(EXAMPLES, DEEP)["average"], EXAMPLES)

    assert parts is not None
    silent = {name for position, name in enumerate(FEATURES) if not parts.by_feature[:, position].any()}
    assert {"has_partner", "tenure_log"} <= silent


def test_the_cheap_walk_through_additive_trees_is_treeshap() -> None:
    model = fit_candidates(EXAMPLES, ADDITIVE)["xgboost"]
    rows = DMatrix(EXAMPLES.select(FEATURES).to_numpy(), feature_names=list(FEATURES))
    exact = model.named_steps["model"].get_booster().predict(rows, pred_contribs=True)
    parts = contribute(model, EXAMPLES)

    assert parts is not None
    assert np.abs(parts.by_feature - exact[:, :-1]).max() < 1e-5


def test_an_average_customer_of_a_linear_model_has_no_contributions() -> None:
    average = EXAMPLES.select(pl.col(FEATURES).mean())
    parts = contribute(fit_candidates(EXAMPLES, ADDITIVE)["logistic_regression"], average)

    assert parts is not None
    assert parts.by_feature == pytest.approx(0, abs=1e-12)


def test_a_forest_gives_no_reasons(models: dict[Family, Model]) -> None:
    assert contribute(models["random_forest"], EXAMPLES) is None

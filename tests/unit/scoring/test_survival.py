"""Survival: the champion's monthly hazard, month by month, with tenure moved forward."""

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.economics.policies import ValuePolicy
from churn.learning.fitting import fit_family
from churn.learning.params import Family, ModelParams
from churn.scoring.survival import LOOK_AHEAD, age, look_ahead, predict_survival
from tests.unit.learning.examples import make_examples

VALUE = ValuePolicy(0.6, 2.0, 0.3, 0.5, 12)
PARAMS = ModelParams(forest_trees=20, boosting_rounds=40)
FAMILIES: tuple[Family, ...] = ("logistic_regression", "xgboost", "average", "random_forest")


class Constant:
    """Every customer leaves with the same probability, whatever the tenure."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def predict_proba(self, features: pl.DataFrame) -> np.ndarray:
        leaving = np.full(len(features), self.probability)
        return np.column_stack([1 - leaving, leaving])


def one_by_one(model: object, examples: pl.DataFrame, months: int) -> np.ndarray:
    """Survival from one prediction for each month, the definition itself."""
    survival, alive = [], np.ones(len(examples))
    for month in range(months):
        alive = alive * model.predict_proba(age(examples, month).select(FEATURES))[:, 0]  # type: ignore[attr-defined]
        survival.append(alive)
    return np.column_stack(survival)


@pytest.mark.parametrize("family", FAMILIES)
def test_survival_is_the_product_of_the_models_own_monthly_predictions(family: Family) -> None:
    examples = make_examples(400)
    model = fit_family(family, examples, PARAMS)

    survival = predict_survival(examples, model, horizon_days=30, months=6)

    assert survival == pytest.approx(one_by_one(model, examples, 6), abs=1e-6)


def test_a_model_in_which_tenure_and_contract_act_together_is_asked_month_by_month() -> None:
    examples = make_examples(400)
    deep = fit_family("xgboost", examples, ModelParams(boosting_rounds=60, boosting_depth=3))

    assert predict_survival(examples, deep, 30, 6) == pytest.approx(one_by_one(deep, examples, 6), abs=1e-6)


def test_the_first_month_is_the_score_itself() -> None:
    survival = predict_survival(make_examples(50), Constant(0.05), horizon_days=30)

    assert survival[:, 0] == pytest.approx(0.95)
    assert survival[:, 2] == pytest.approx(0.95**3)


def test_a_probability_for_sixty_days_is_brought_to_a_month() -> None:
    survival = predict_survival(make_examples(50), Constant(1 - 0.9**2), horizon_days=60)

    assert survival[:, 0] == pytest.approx(0.9)


@pytest.mark.parametrize("family", FAMILIES)
def test_survival_never_rises_and_stays_a_probability(family: Family) -> None:
    examples = make_examples(200, seed=9)
    survival = predict_survival(examples, fit_family(family, examples, PARAMS), 30)

    assert survival.shape == (200, 24)
    assert ((survival >= 0) & (survival <= 1)).all()
    assert (np.diff(survival, axis=1) <= 0).all()


def test_a_customer_who_is_a_year_older_has_the_features_of_that_tenure() -> None:
    older = age(make_examples(10), 12)

    assert older["tenure_months"].to_list() == (make_examples(10)["tenure_months"] + 12).to_list()
    assert older["tenure_log"].to_numpy() == pytest.approx(np.log1p(older["tenure_months"].to_numpy()))
    assert older["tenure_inverse"].to_numpy() == pytest.approx(1 / (1 + older["tenure_months"].to_numpy()))


def test_one_customer_alone_looks_ahead_as_in_the_batch_to_the_last_bit() -> None:
    examples = make_examples(300)
    model = fit_family("average", examples, PARAMS)

    assert look_ahead(examples[17], model, 30, VALUE).equals(look_ahead(examples, model, 30, VALUE)[17])


def test_nobody_has_no_future() -> None:
    assert look_ahead(make_examples(5).clear(), Constant(0.1), 30, VALUE).height == 0


def test_without_a_horizon_nothing_is_said_of_the_coming_months() -> None:
    ahead = look_ahead(make_examples(5), Constant(0.1), None, VALUE)

    assert ahead.null_count().row(0) == (5,) * len(LOOK_AHEAD)


def test_who_has_left_brings_no_money() -> None:
    left = make_examples(5).with_columns(has_churned=pl.lit(True))
    ahead = look_ahead(left, Constant(0.1), 30, VALUE)

    assert ahead["expected_loss_12m_usd"].to_list() == ahead["future_value_usd"].to_list() == [0.0] * 5

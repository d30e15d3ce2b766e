"""A folded model gives one customer the probability of the whole pipeline, to nine decimals."""

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES, FeatureSet
from churn.learning.bounded import bound, find_ranges
from churn.learning.candidates import Model, predict_leaving
from churn.learning.contributions import contribute_by_feature
from churn.learning.fitting import fit_family
from churn.learning.folding import fold, fold_contributions
from churn.learning.params import Family, ModelParams
from tests.unit.learning.examples import make_examples

FAST = ModelParams(forest_trees=10, boosting_rounds=60, deep_rounds=60)
FOLDED: tuple[Family, ...] = ("logistic_regression", "xgboost", "xgboost_deep", "average", "stack")


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    return make_examples(400)


def check_same(model: Model, rows: pl.DataFrame) -> None:
    folded = fold(model)
    assert folded is not None
    alone = [round(folded(row), 9) for row in rows.select(FEATURES).iter_rows()]
    assert alone == np.round(predict_leaving(model, rows), 9).tolist()


@pytest.mark.parametrize("family", FOLDED)
def test_a_folded_model_gives_the_probability_of_the_pipeline(examples: pl.DataFrame, family: Family) -> None:
    check_same(fit_family(family, examples, FAST), examples)


def test_a_feature_that_a_model_leaves_out_is_left_out(examples: pl.DataFrame) -> None:
    check_same(
        fit_family("logistic_regression", examples, ModelParams(left_out=("gender_of_nobody", "has_partner"))), examples
    )


@pytest.mark.parametrize("family", FOLDED)
def test_a_model_with_a_horizon_clips_shifts_and_stretches(examples: pl.DataFrame, family: Family) -> None:
    model = bound(fit_family(family, examples, FAST), find_ranges(examples, FEATURES), shift=0.3, power=30 / 28)
    beyond = examples.with_columns(pl.col("monthly_charges") * 3, pl.col("tenure_months") + 40)

    check_same(model, pl.concat([examples, beyond]))


@pytest.mark.parametrize("is_bounded", [False, True])
def test_folded_contributions_have_the_bits_of_the_batch(examples: pl.DataFrame, is_bounded: bool) -> None:
    fitted = fit_family("logistic_regression", examples, ModelParams(left_out=("has_partner",)))
    model = bound(fitted, find_ranges(examples[:100], FEATURES), shift=0.3) if is_bounded else fitted
    folded, together = fold_contributions(model), contribute_by_feature(model, examples)

    assert folded is not None
    assert together is not None
    assert np.array_equal(np.array([folded(row) for row in examples.select(FEATURES).iter_rows()]), together)
    assert fold_contributions(fit_family("xgboost", examples, FAST)) is None


def test_prices_beyond_all_measure_are_no_error(examples: pl.DataFrame) -> None:
    folded = fold(fit_family("logistic_regression", examples, FAST))
    assert folded is not None

    for price in (1e6, -1e6):
        row = [price if name in ("monthly_charges", "price_above_list_usd") else 0.0 for name in FEATURES]
        assert 0 <= folded(row) <= 1


def test_a_forest_and_a_model_with_words_are_not_folded(examples: pl.DataFrame) -> None:
    words = FeatureSet((("monthly_charges", 0), ("plan", 0)), words=("plan",))

    assert fold(fit_family("random_forest", examples, FAST)) is None
    assert fold(fit_family("logistic_regression", examples, ModelParams(given=words))) is None

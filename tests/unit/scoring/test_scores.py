import pickle
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.contracts.scores import Predictor
from churn.learning.candidates import fit_candidate
from churn.learning.contributions import contribute_by_feature
from churn.learning.params import Family, ModelParams
from churn.scoring.scores import Scorer, score_batch
from churn.stages.tiering import note_tiers
from tests.support.policies import TIERS, VALUE


def make_features(customers: int, seed: int = 3) -> pl.DataFrame:
    """Feature rows with plausible ranges; label depends on a few of them."""
    generator = np.random.default_rng(seed)
    columns: dict[str, object] = {name: generator.integers(0, 2, customers).astype(float) for name in FEATURES}
    columns["tenure_months"] = generator.integers(0, 73, customers).astype(float)
    columns["tenure_log"] = np.log1p(columns["tenure_months"])
    columns["tenure_inverse"] = 1 / (1 + np.asarray(columns["tenure_months"]))
    columns["monthly_charges"] = generator.uniform(20, 110, customers).round(2)
    logit = -0.5 - 0.05 * np.asarray(columns["tenure_months"]) + 1.5 * np.asarray(columns["is_month_to_month"])
    return pl.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(customers)],
            "has_churned": generator.random(customers) < 1 / (1 + np.exp(-logit)),
            **columns,
        }
    )


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    return make_features(500)


PARAMS = ModelParams(forest_trees=20, boosting_rounds=20, deep_rounds=20)
FITTED: tuple[Family, ...] = ("logistic_regression", "random_forest", "xgboost", "xgboost_deep")


@pytest.fixture(scope="module", params=FITTED)
def predictor(request: pytest.FixtureRequest, features: pl.DataFrame) -> Predictor:
    return fit_candidate(request.param, features, PARAMS)


def test_one_customer_alone_scores_as_in_the_batch(features: pl.DataFrame, predictor: Predictor) -> None:
    batch = score_batch(features, predictor, TIERS, VALUE)

    for position in (0, 17, 499):
        assert score_batch(features[position], predictor, TIERS, VALUE).equals(batch[position])


def test_a_shuffled_batch_scores_the_same(features: pl.DataFrame, predictor: Predictor) -> None:
    shuffled = features.sample(fraction=1, shuffle=True, seed=5)

    assert (
        score_batch(shuffled, predictor, TIERS, VALUE)
        .sort("customer_id")
        .equals(score_batch(features, predictor, TIERS, VALUE))
    )


def test_the_label_does_not_reach_the_score(features: pl.DataFrame, predictor: Predictor) -> None:
    flipped = features.with_columns(~pl.col("has_churned"))

    assert score_batch(flipped, predictor, TIERS, VALUE)["churn_probability"].equals(
        score_batch(features, predictor, TIERS, VALUE)["churn_probability"]
    )


def test_customers_who_left_are_not_active(features: pl.DataFrame, predictor: Predictor) -> None:
    scores = score_batch(features, predictor, TIERS, VALUE)

    assert scores["is_active"].equals((~features["has_churned"]).alias("is_active"))


def test_a_probability_beyond_one_is_refused(features: pl.DataFrame) -> None:
    class Broken:
        def predict_proba(self, features: pl.DataFrame) -> np.ndarray:
            return np.full((features.height, 2), 1.7)

    with pytest.raises(Exception, match="churn_probability"):
        score_batch(features, Broken(), TIERS, VALUE)


def test_a_scorer_can_be_sent_to_another_process(features: pl.DataFrame, predictor: Predictor) -> None:
    plans = ("Month-to-month, DSL",)
    rows = features.with_columns(plan=pl.lit("One year, DSL"))
    scorer = Scorer(predictor, contribute_by_feature, plans)

    sent = pickle.loads(pickle.dumps(scorer))

    assert sent.score(rows, TIERS, VALUE).equals(scorer.score(rows, TIERS, VALUE))
    assert sent.score(rows, TIERS, VALUE)["has_unseen_plan"].all()


_SCORE_ELSEWHERE = """
import pickle, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mlflow", "sqlalchemy", "prefect"):
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Absent())
scorers, rows, tiers, value = pickle.load(sys.stdin.buffer)
pickle.dump([scorer.score(rows, tiers, value) for scorer in scorers], sys.stdout.buffer)
"""


def test_a_scorer_needs_no_registry_database_or_prefect(features: pl.DataFrame) -> None:
    rows = features.with_columns(plan=pl.lit("One year, DSL"))
    plans = ("Month-to-month, DSL",)
    models = [fit_candidate(family, features, PARAMS) for family in FITTED]
    scorers = [Scorer(model, contribute_by_feature, plans, horizon_days=30) for model in models]

    sent = pickle.dumps((scorers, rows, TIERS, VALUE))
    ran = subprocess.run([sys.executable, "-c", _SCORE_ELSEWHERE], input=sent, stdout=subprocess.PIPE, check=True)

    for scorer, elsewhere in zip(scorers, pickle.loads(ran.stdout), strict=True):
        assert elsewhere.equals(scorer.score(rows, TIERS, VALUE))


@pytest.mark.parametrize(
    ("active", "at_risk", "said"),
    [
        (100, 0, "no active customer is in tier High or Medium: change medium_probability = 0.5"),
        (100, 51, "51% of the active customers are in tier High or Medium"),
        (100, 50, ""),
        (0, 0, ""),
    ],
)
def test_tiers_that_divide_nobody_are_told_with_their_setting(active: int, at_risk: int, said: str) -> None:
    told = note_tiers(TIERS, active, at_risk)

    assert said in told
    assert bool(told) == bool(said)


@pytest.mark.parametrize("horizon_days", [None, 30.0])
def test_without_a_value_a_month_no_amount_is_zero(features: pl.DataFrame, horizon_days: float | None) -> None:
    model = fit_candidate("logistic_regression", features, PARAMS)
    unknown = features.with_columns(pl.lit(None, pl.Float64).alias("monthly_charges"))
    scores = score_batch(unknown, _Blind(model), TIERS, VALUE, horizon_days=horizon_days)
    money = [name for name in scores.columns if name.endswith("_usd")]
    assert len(money) == 7
    assert scores.select(pl.col(money).count()).row(0) == (0,) * 7, "leavers included"


def test_without_a_tenure_no_month_is_the_best_to_call_in(features: pl.DataFrame) -> None:
    model = fit_candidate("logistic_regression", features, PARAMS)
    unknown = features.with_columns(pl.lit(None, pl.Float64).alias("tenure_months"))
    scores = score_batch(unknown, _Blind(model), TIERS, VALUE, horizon_days=30.0)
    assert scores["best_call_month"].count() == scores["lifetime_value_usd"].count() == 0
    assert scores["probability_12m"].count() == scores["expected_loss_12m_usd"].count() == len(scores)


class _Blind:
    """A model that looks neither at the charge nor at the tenure."""

    def __init__(self, model: Predictor) -> None:
        self._model = model

    def predict_proba(self, features: pl.DataFrame) -> np.ndarray:  # type: ignore[type-arg]
        zero = [pl.lit(0.0).alias(name) for name in ("monthly_charges", "tenure_months", "tenure_log")]
        return self._model.predict_proba(features.with_columns(*zero, pl.lit(1.0).alias("tenure_inverse")))

"""A training learns from its training part only, and gives the same model again to the last bit."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.economics.policies import load_policies
from churn.errors import NotThere
from churn.learning.candidates import predict_leaving
from churn.learning.gate import Contest, judge
from churn.learning.params import ModelParams, fingerprint_training
from churn.learning.splitting import hash_order, split_examples
from churn.learning.training import Training, train
from churn.stages.judging import decide, describe_training
from tests.support.policies import TIERS
from tests.unit.learning.examples import make_examples

FAST = ModelParams(forest_trees=30, boosting_rounds=60)
EXAMPLES = make_examples(1500)


@pytest.fixture(scope="module")
def training() -> Training:
    return train(EXAMPLES, FAST)


def scores(training: Training) -> dict[str, list[float]]:
    return {one.family: predict_leaving(one.model, EXAMPLES).tolist() for one in training.candidates}


def test_the_same_data_and_settings_give_the_same_model_to_the_last_bit(training: Training) -> None:
    again = train(EXAMPLES, FAST)

    assert scores(again) == scores(training)
    first, second = (one.candidates[0].model.named_steps["model"].coef_ for one in (training, again))
    assert first.tobytes() == second.tobytes()


def test_the_order_of_rows_changes_neither_fingerprint_nor_parts() -> None:
    shuffled = EXAMPLES.sample(fraction=1, shuffle=True, seed=1)

    assert fingerprint_training(shuffled, FAST) == fingerprint_training(EXAMPLES, FAST)
    for part in ("train", "validation", "test"):
        customers = [getattr(split_examples(one, 20), part)["customer_id"].sort() for one in (EXAMPLES, shuffled)]
        assert customers[0].equals(customers[1])


def test_nothing_is_fitted_on_the_test_part(training: Training) -> None:
    """Ruin the features of the test part and shuffle its labels: the models do not notice."""
    test = training.split.test["customer_id"].to_list()
    is_test = pl.col("customer_id").is_in(test)
    ruined = [pl.when(is_test).then(1.0).otherwise(pl.col(name)).alias(name) for name in FEATURES]

    other = train(_shuffle_labels(EXAMPLES).with_columns(ruined), FAST)

    assert other.split.test["customer_id"].to_list() == test
    assert other.split.test["has_churned"].to_list() != training.split.test["has_churned"].to_list()
    assert other.candidates[0].test["roc_auc"].value == 0.5
    assert scores(other) == scores(training)
    assert other.reason == training.reason


def _shuffle_labels(examples: pl.DataFrame) -> pl.DataFrame:
    """Shuffles the labels of the first tenth by hash: all in the test part, and still there afterwards."""
    first = hash_order(examples["customer_id"].to_list(), FAST.seed)[: examples.height // 10]
    labels = examples["has_churned"].to_numpy().copy()
    labels[first] = np.random.default_rng(0).permutation(labels[first])
    return examples.with_columns(pl.Series("has_churned", labels))


def test_shuffled_labels_rank_at_the_base_rate_and_are_refused() -> None:
    labels = np.random.default_rng(1).permutation(EXAMPLES["has_churned"].to_numpy())
    training = train(EXAMPLES.with_columns(pl.Series("has_churned", labels)), FAST)
    test = training.split.test

    decision = judge(
        Contest(
            test["has_churned"].to_numpy(),
            training.selected.test_probabilities,
            None,
            test["monthly_charges"].to_numpy(),
        ),
        load_policies(),
        FAST.seed,
    )

    assert training.selected.test["pr_auc"].value == pytest.approx(labels.mean(), abs=0.08)
    assert decision.verdict == "reject"
    assert "not above the base rate" in decision.reasons[0]


def test_too_few_leavers_are_not_learned_from() -> None:
    few = EXAMPLES.filter(~pl.col("has_churned") | (pl.int_range(pl.len()).over("has_churned") < 19))

    with pytest.raises(NotThere, match="19 of"):
        train(few, FAST)


@pytest.mark.parametrize(("leavers", "stayers"), [(20, 380), (25, 1475), (21, 21), (380, 20)])
def test_as_few_as_are_needed_are_learned_from_and_judged(leavers: int, stayers: int) -> None:
    """Many a replicate of their bootstrap has nobody who left: it tells nothing, and nothing fails."""
    many = make_examples(6000)
    few = pl.concat([many.filter("has_churned")[:leavers], many.filter(~pl.col("has_churned"))[:stayers]])
    training = train(few, FAST)
    groups = training.split.test.select("customer_id", contract=pl.lit("One year"))

    decision = decide(training, training.selected.model, groups, load_policies())
    first = decide(training, None, groups, load_policies())

    evidence = describe_training(training, decision, load_policies(), TIERS).to_json()
    json.dumps(evidence, allow_nan=False)  # Postgres takes no NaN
    assert "nan" not in str([*decision.reasons, *first.reasons])


def test_another_setting_or_another_label_is_another_training() -> None:
    fingerprint = fingerprint_training(EXAMPLES, FAST)
    turned = EXAMPLES.with_columns((~pl.col("has_churned")).alias("has_churned"))

    assert fingerprint_training(EXAMPLES, replace(FAST, logistic_c=0.2)) != fingerprint
    assert fingerprint_training(EXAMPLES, replace(FAST, left_out=("has_partner",))) != fingerprint
    assert fingerprint_training(turned, FAST) != fingerprint

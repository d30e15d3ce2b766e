"""Searching for settings: inside the training part, never worse than where it began, resumable."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from churn.contracts.features import FEATURES
from churn.learning.folds import FOLDS, losses_by_fold, split_folds
from churn.learning.params import FAMILIES, ModelParams
from churn.learning.pruning import prune, rank_features
from churn.learning.tuning import tune
from tests.unit.learning.examples import make_examples

FAST = ModelParams(forest_trees=5, boosting_rounds=30)
TRAIN = make_examples(300)
FEW_LEFT = FEATURES[8:18]


def test_each_customer_is_tried_on_once_and_never_learned_from_then() -> None:
    folds = split_folds(TRAIN, seed=1)

    tried = [customer for _, part in folds for customer in part["customer_id"]]
    assert sorted(tried) == TRAIN["customer_id"].to_list()
    assert all(not set(learned["customer_id"]) & set(part["customer_id"]) for learned, part in folds)


def test_losses_are_those_of_the_part_not_learned_on() -> None:
    class Coin:
        def predict_proba(self, features: object) -> np.ndarray:
            return np.full((len(features), 2), 0.5)  # type: ignore[arg-type]

    losses = losses_by_fold(split_folds(TRAIN, seed=1), lambda part: Coin())
    assert losses == pytest.approx([np.log(2)] * FOLDS)


def test_a_search_goes_on_where_it_was_and_is_never_worse_than_its_start(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    _, first = tune(TRAIN, FAST, 2, 60, tmp_path)
    best, history = tune(TRAIN, FAST, 3, 60, tmp_path, lambda family, done: told.append((family, done)))

    assert told == [(family, 3) for family in FAMILIES]
    for family in FAMILIES:
        losses = {one: rows.filter(family=family)["log_loss"].to_list() for one, rows in (("1", first), ("2", history))}
        assert losses["2"][:2] == losses["1"]
        assert min(losses["2"]) <= losses["2"][0]
    assert best.seed == FAST.seed
    assert best.left_out == ()


def test_features_that_say_nothing_are_left_out_and_the_telling_ones_stay() -> None:
    smallest = prune(TRAIN, replace(FAST, left_out=FEW_LEFT))

    assert len(smallest.left_out) > len(FEW_LEFT)
    assert "is_month_to_month" in smallest.features()


def test_the_ranking_holds_every_feature_least_first() -> None:
    ranking = rank_features(TRAIN, FAST)

    assert set(ranking["feature"]) == set(FAST.features())
    assert ranking["mean_contribution"].is_sorted()

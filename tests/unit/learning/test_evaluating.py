"""Repeated splits: the selected pipeline is one of the candidates in every split, differences are paired."""

import polars as pl
import pytest

from churn.learning.evaluating import evaluate_splits, summarise
from churn.learning.params import ModelParams
from tests.unit.learning.examples import make_examples

FAST = ModelParams(forest_trees=10, boosting_rounds=20, deep_rounds=20)


@pytest.fixture(scope="module")
def results() -> pl.DataFrame:
    return evaluate_splits(make_examples(), FAST, splits=3)


def test_every_split_has_every_candidate_and_one_selected(results: pl.DataFrame) -> None:
    by_split = results.group_by("split", maintain_order=True).agg(pl.len(), pl.col("is_selected").sum())
    assert by_split["len"].to_list() == [6, 6, 6]
    assert by_split["is_selected"].to_list() == [1, 1, 1]


def test_the_selected_mean_is_that_of_the_chosen_rows(results: pl.DataFrame) -> None:
    summary = summarise(results)
    assert summary.selected.log_loss == pytest.approx(results.filter("is_selected")["log_loss"].mean())
    assert sum(summary.selected.times_chosen.values()) == summary.splits == 3


def test_differences_are_paired_by_split() -> None:
    rows = [
        {"split": split, "family": family, "is_selected": family == "xgboost"} | figures(base + extra)
        for split, base in enumerate([0.5, 0.6, 0.7])
        for family, extra in (("xgboost", 0.0), ("random_forest", 0.01))
    ]
    difference = summarise(pl.DataFrame(rows)).differences["random_forest"]["pr_auc"]
    assert difference.mean == pytest.approx(0.01)
    assert difference.sd == pytest.approx(0, abs=1e-12)


def figures(value: float) -> dict[str, float]:
    names = ("pr_auc", "roc_auc", "log_loss", "brier", "ece", "recall_at_10", "lift_at_10", "ece_floor")
    return dict.fromkeys(names, value)

"""A model of a label with a horizon: clipped to what it has seen, with the newest window's level, for the horizon."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.learning.bounded import BoundedModel, bound, find_level, find_ranges
from churn.learning.candidates import predict_leaving
from churn.learning.contributions import contribute
from churn.learning.labels import LabelledWindow, Labels
from churn.learning.params import ModelParams
from churn.learning.training import Training, train
from churn.learning.windows import Window
from churn.stores.model_registry.model_files import read_model
from tests.unit.learning.examples import make_examples

FAST = ModelParams(forest_trees=30, boosting_rounds=60)
STARTS = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 28)]
RATES = (0.2, 0.25, 0.4)


class Constant:
    """The model of the worked example: it gives everybody the same probability."""

    feature_names_in_ = FEATURES

    def predict_proba(self, features: pl.DataFrame) -> np.ndarray:
        return np.tile([0.95, 0.05], (features.height, 1))


def make_windows() -> tuple[pl.DataFrame, Labels]:
    """Three months of 28 days; in the newest one twice as many leave as in the first one, whoever they are."""
    months = []
    for start, rate in zip(STARTS, RATES, strict=True):
        month = make_examples(1500)
        order = np.random.default_rng(start.toordinal()).random(1500) - month["has_churned"].to_numpy() * 0.5
        left = pl.Series("has_churned", order.argsort().argsort() < rate * 1500)
        months.append(month.with_columns(left, pl.lit(start).alias("as_of_date")))
    windows = [
        LabelledWindow(
            Window(start, start + timedelta(days=30), end, start, None, end, 28),
            "30 days",
            1500,
            int(rate * 1500),
            1500,
            0,
            0,
            0,
        )
        for start, rate in zip(STARTS, RATES, strict=True)
        for end in [start + timedelta(days=28)]
    ]
    newest_first = tuple(reversed(windows))
    return pl.concat(months), Labels("matured", tuple(reversed(STARTS)), newest_first[0].leaver_share, newest_first)


@pytest.fixture(scope="module")
def training() -> Training:
    return train(*(make_windows()[0], FAST, make_windows()[1]))


def test_the_worked_example() -> None:
    examples = make_examples(10)
    model = bound(Constant(), find_ranges(examples, FEATURES), shift=0.2, power=30 / 28)

    assert model.predict_proba(examples.select(FEATURES))[0, 1] == pytest.approx(0.0646, abs=5e-5)


def test_the_newest_window_is_the_test_and_the_verdict_names_it(training: Training) -> None:
    assert training.split.test["as_of_date"].unique().to_list() == [STARTS[2]]
    assert training.tested_on == "tested on the newest window, 2026-03-28 to 2026-04-25"


def test_every_candidate_has_the_level_of_the_newest_window_brought_to_the_horizon(training: Training) -> None:
    newest = training.split.test
    expected = 1 - (1 - RATES[2]) ** (30 / 28)

    for candidate in training.candidates:
        assert predict_leaving(candidate.model, newest).mean() == pytest.approx(expected, abs=0.02), candidate.family


def test_the_test_does_not_know_the_level_of_its_own_window(training: Training) -> None:
    """It is measured with the level of the window before, so a jump of the rate shows as an error of calibration."""
    assert training.selected.test_probabilities.mean() == pytest.approx(RATES[1], abs=0.03)
    assert training.selected.test["ece"].value > 0.1


def test_a_feature_beyond_what_was_trained_on_changes_nothing(training: Training) -> None:
    rows = make_examples(300)
    at_the_edge = rows.with_columns(monthly_charges=pl.lit(training.ranges["monthly_charges"][1]))  # type: ignore[index]
    beyond = rows.with_columns(monthly_charges=pl.lit(10_000.0))

    for candidate in training.candidates:
        edge, far = (predict_leaving(candidate.model, part) for part in (at_the_edge, beyond))
        assert np.array_equal(edge, far), candidate.family


def test_contributions_add_up_to_the_log_odds_within_the_window(training: Training) -> None:
    models = {one.family: one.model for one in training.candidates}
    model, rows = models["average"], make_examples(100)
    assert isinstance(model, BoundedModel)
    parts = contribute(model, rows)
    assert parts is not None
    told = 1 / (1 + np.exp(-(parts.baseline + parts.by_feature.sum(axis=1))))
    within_window = 1 - (1 - predict_leaving(model, rows)) ** (1 / model.power)

    assert told == pytest.approx(within_window, abs=1e-6)


def test_the_registry_reads_the_models_back_with_the_same_scores(training: Training, tmp_path: Path) -> None:
    import skops.io

    rows = make_examples(50)
    for candidate in training.candidates:
        skops.io.dump(candidate.model, tmp_path / "model.skops")
        again = read_model(tmp_path / "model.skops")
        assert np.array_equal(predict_leaving(again, rows), predict_leaving(candidate.model, rows)), candidate.family


def test_the_level_is_the_share_that_left() -> None:
    examples = make_examples(400)
    level = find_level(Constant(), examples)

    told = bound(Constant(), find_ranges(examples, FEATURES), level).predict_proba(examples.select(FEATURES))[:, 1]
    assert told.mean() == pytest.approx(examples["has_churned"].mean())


def test_labels_without_a_horizon_are_learned_from_as_they_were() -> None:
    training = train(make_examples(800), FAST)

    assert training.ranges is None
    assert not any(isinstance(one.model, BoundedModel) for one in training.candidates)

"""Every figure equals scikit-learn's to 1e-12, with and without ties, plain and weighted."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from churn.learning.figures import (
    bootstrap_weights,
    confusion,
    expected_calibration_floor,
    measure,
    weighted_figures,
)

EXACT = {"rel": 0, "abs": 1e-12}


def made_up(rows: int, decimals: int, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and probabilities; few decimals make many ties."""
    generator = np.random.default_rng(seed)
    probabilities = np.round(generator.beta(1, 3, rows), decimals)
    return generator.random(rows) < probabilities, probabilities


def of_sklearn(
    labels: NDArray[np.bool_], probabilities: NDArray[np.float64], weights: NDArray[np.float64]
) -> dict[str, float]:
    flagged = probabilities >= 0.5
    scored = {"sample_weight": weights}
    return {
        "pr_auc": metrics.average_precision_score(labels, probabilities, **scored),
        "roc_auc": metrics.roc_auc_score(labels, probabilities, **scored),
        "log_loss": metrics.log_loss(labels, np.clip(probabilities, 1e-15, 1 - 1e-15), **scored),
        "brier": metrics.brier_score_loss(labels, probabilities, **scored),
        "precision": metrics.precision_score(labels, flagged, zero_division=0, **scored),
        "recall": metrics.recall_score(labels, flagged, **scored),
        "f1": metrics.f1_score(labels, flagged, **scored),
    }


@pytest.mark.parametrize("decimals", [16, 2, 1], ids=["no ties", "some ties", "eleven distinct scores"])
@pytest.mark.parametrize("rows", [60, 705, 1409])
def test_plain_and_weighted_figures_are_those_of_sklearn(rows: int, decimals: int) -> None:
    labels, probabilities = made_up(rows, decimals, seed=rows + decimals)
    weights = np.vstack([np.ones(rows), bootstrap_weights(rows, seed=1, replicates=5).astype(np.float64)])

    ours = weighted_figures(labels, probabilities, weights)

    for replicate, weighting in enumerate(weights):
        theirs = of_sklearn(labels, probabilities, weighting)
        assert {name: ours[name][replicate] for name in theirs} == pytest.approx(theirs, **EXACT)


def test_precision_is_zero_when_nobody_is_flagged() -> None:
    labels = np.array([True, False, False])
    figures = weighted_figures(labels, np.array([0.4, 0.3, 0.1]), np.ones((1, 3)))
    assert (figures["precision"][0], figures["recall"][0], figures["f1"][0]) == (0, 0, 0)


def test_the_top_decile_is_exactly_a_tenth_of_the_rows_even_when_all_tie() -> None:
    labels = np.arange(100) < 30
    figures = weighted_figures(labels, np.full(100, 0.3), np.ones((1, 100)))
    assert figures["recall_at_10"][0] == pytest.approx(10 / 30)
    assert figures["lift_at_10"][0] == pytest.approx(10 / 3)


def test_the_top_decile_of_1409_rows_holds_141() -> None:
    labels = np.arange(1409) < 141
    figures = weighted_figures(labels, np.linspace(1, 0, 1409), np.ones((1, 1409)))
    assert figures["recall_at_10"][0] == 1


def test_calibration_error_is_the_mean_gap_of_ten_equal_groups() -> None:
    probabilities = np.repeat(np.linspace(0.05, 0.95, 10), 20)
    labels = np.tile(np.arange(20) < 10, 10)  # half of every group left
    figures = weighted_figures(labels, probabilities, np.ones((1, 200)))
    assert figures["ece"][0] == pytest.approx(np.abs(np.linspace(0.05, 0.95, 10) - 0.5).mean())


def test_true_probabilities_have_a_calibration_error_at_the_floor() -> None:
    _, probabilities = made_up(1409, 16, seed=5)
    floor = expected_calibration_floor(probabilities, seed=0)
    measured = [
        weighted_figures(np.random.default_rng(seed).random(1409) < probabilities, probabilities, np.ones((1, 1409)))
        for seed in range(100)
    ]
    assert np.mean([one["ece"][0] for one in measured]) == pytest.approx(floor, rel=0.1)


def test_intervals_hold_the_figure_and_are_narrower_with_more_customers() -> None:
    few, many = (measure(*made_up(rows, 16, seed=2), seed=0)["pr_auc"] for rows in (300, 4800))
    assert few.low < few.value < few.high
    assert (many.high - many.low) < (few.high - few.low) / 2


def test_confusion_counts_add_up() -> None:
    labels, probabilities = made_up(500, 2, seed=9)
    assert sum(confusion(labels, probabilities).values()) == 500

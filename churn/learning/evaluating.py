"""Measures the whole training procedure: splits, fits, selects and measures on many different splits.

The figure of one split varies more than the candidates differ (PR-AUC has a standard deviation of 0.017 over splits of
the public sample). So the figure of a procedure is a mean over splits, and candidates are compared on the same splits.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.evaluations import Means, PairedDifference, SelectedMeans, Summary
from churn.learning.candidates import Model, predict_leaving
from churn.learning.figures import expected_calibration_floor, weighted_figures
from churn.learning.fitting import fit_candidates
from churn.learning.params import ModelParams
from churn.learning.splitting import TEST_SHARE, VALIDATION_SHARE, Split, split_examples
from churn.learning.training import check_enough, select_on

REPORTED = ("pr_auc", "roc_auc", "log_loss", "brier", "ece", "recall_at_10", "lift_at_10", "ece_floor")
Fit = Callable[[pl.DataFrame, ModelParams], dict[Any, Model]]


def evaluate_splits(
    examples: pl.DataFrame,
    params: ModelParams,
    splits: int,
    after_split: Callable[[int], None] = lambda done: None,
    fit: Fit = fit_candidates,
) -> pl.DataFrame:
    """Measures every candidate on the test part of many random 70/10/20 splits.

    Args:
        examples: one row per customer, with the features of `params.given`.
        splits: the number of splits; their seeds are 0, 1, 2, ...
        after_split: called after each split with the number of finished splits.
        fit: the function that fits the candidates (default: the candidates of the product).

    Returns:
        One row per split and family: split, family, is_selected and the figures of REPORTED on the test part.

    Raises:
        TooFewLeavers: the examples have too few leavers or too few stayers.
    """
    check_enough(examples)
    params.given.validate(examples)
    rows: list[dict[str, object]] = []
    for number in range(splits):
        rows += _evaluate_split(split_examples(examples, number), replace(params, seed=number), number, fit)
        after_split(number + 1)
    return pl.DataFrame(rows)


def _evaluate_split(split: Split, params: ModelParams, number: int, fit: Fit) -> list[dict[str, object]]:
    models = fit(split.train, params)
    selected, _ = select_on(split.validation, models, params.seed)
    return [
        {"split": number, "family": family, "is_selected": family == selected, **_test_figures(model, split, number)}
        for family, model in models.items()
    ]


def _test_figures(model: Model, split: Split, seed: int) -> dict[str, float]:
    labels, probabilities = split.test["has_churned"].to_numpy(), predict_leaving(model, split.test)
    figures = weighted_figures(labels, probabilities, np.ones((1, len(labels))))
    reported = {name: float(figures[name][0]) for name in REPORTED if name in figures}
    return {**reported, "ece_floor": expected_calibration_floor(probabilities, seed)}


def summarise(results: pl.DataFrame) -> Summary:
    """Returns the mean and the standard deviation (sd) of the figures over the splits.

    `selected` is the procedure: in each split the candidate that the validation part selected. `candidates` has the
    figures of each candidate, and `differences` each candidate minus the selected one on the same split.
    """
    selected = results.filter("is_selected")
    # In the order of the candidates, which the table keeps.
    families = results["family"].unique(maintain_order=True).to_list()
    by_family = {family: results.filter(pl.col("family") == family) for family in families}
    chosen = dict(selected.group_by("family").len().sort("family").rows())
    return Summary(
        splits=selected.height,
        selected=SelectedMeans(**_means(selected), sd=_deviations(selected), times_chosen=chosen),
        candidates={family: Means(**_means(rows), sd=_deviations(rows)) for family, rows in by_family.items()},
        differences={family: _differences(rows, selected) for family, rows in by_family.items()},
    )


def compare_selected(results: pl.DataFrame, others: pl.DataFrame) -> dict[str, PairedDifference]:
    """Returns by figure the selected candidates of other results minus those of these results, on the same splits."""
    return _differences(others.filter("is_selected"), results.filter("is_selected"))


def _means(rows: pl.DataFrame) -> dict[str, float]:
    return {name: float(rows[name].to_numpy().mean()) for name in REPORTED}


def _deviations(rows: pl.DataFrame) -> dict[str, float]:
    return {name: _sd(rows[name].to_numpy()) for name in REPORTED}


def _differences(rows: pl.DataFrame, selected: pl.DataFrame) -> dict[str, PairedDifference]:
    return {name: _paired(rows[name].to_numpy() - selected[name].to_numpy()) for name in REPORTED[:-1]}


def _paired(gains: NDArray[np.float64]) -> PairedDifference:
    """Returns mean, sd and 95% interval of paired differences over splits.

    The splits share customers, so the usual standard error is too small. Nadeau and Bengio (2003) add the ratio of test
    rows to training rows to 1 / splits.
    """
    mean, sd = float(gains.mean()), _sd(gains)
    half = 1.96 * sd * float(np.sqrt(1 / len(gains) + TEST_SHARE / (1 - TEST_SHARE - VALIDATION_SHARE)))
    return PairedDifference(mean, sd, mean - half, mean + half)


def _sd(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0

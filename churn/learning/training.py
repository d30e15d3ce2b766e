"""One training: split, fit every candidate, select on the validation part, measure once on the test part."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from churn.contracts import CustomerFeatures
from churn.errors import NotThere
from churn.learning.candidates import build_candidates, fit_candidate, predict_leaving
from churn.learning.figures import Interval, bootstrap_weights, confusion, measure, weighted_figures
from churn.learning.params import Family, ModelParams, fingerprint_training
from churn.learning.splitting import Split, split_examples

FEWEST_LEAVERS = 20


@dataclass(frozen=True)
class Candidate:
    """A fitted pipeline and its figures.

    Attributes:
        validation: what it is selected by.
        test: what is told about it, measured once.
        test_probabilities: (n,) of leaving, in the order of the test part.
    """

    family: Family
    pipeline: Pipeline
    validation: dict[str, Interval]
    test: dict[str, Interval]
    confusion: dict[str, int]
    test_probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """All that a training found out."""

    fingerprint: str
    params: ModelParams
    split: Split
    candidates: tuple[Candidate, ...]
    selected: Candidate
    reason: str


def train(examples: pl.DataFrame, params: ModelParams) -> Training:
    """Fits and compares every candidate.

    Args:
        examples: one row per customer, satisfying `CustomerFeatures`.

    Raises:
        NotThere: too few leavers or stayers to learn from and to test on.
    """
    _check_enough(examples)
    CustomerFeatures.validate(examples)
    split = split_examples(examples, params.seed)
    leavers = float(split.train["has_churned"].to_numpy().mean())
    pipelines = build_candidates(params, (1 - leavers) / leavers)
    candidates = tuple(
        _measure_candidate(family, fit_candidate(pipeline, split.train), split, params.seed)
        for family, pipeline in pipelines.items()
    )
    selected, reason = select(candidates, split.validation, params.seed)
    return Training(fingerprint_training(examples, params), params, split, candidates, selected, reason)


def _check_enough(examples: pl.DataFrame) -> None:
    leavers = int(examples["has_churned"].sum())
    if min(leavers, examples.height - leavers) < FEWEST_LEAVERS:
        raise NotThere(
            f"{leavers} of {examples.height} customers left; training needs {FEWEST_LEAVERS} who left and as many "
            "who stayed.",
            "train on an extract that still holds the customers who left.",
        )


def _measure_candidate(family: Family, pipeline: Pipeline, split: Split, seed: int) -> Candidate:
    validation = predict_leaving(pipeline, split.validation)
    test = predict_leaving(pipeline, split.test)
    test_labels = split.test["has_churned"].to_numpy()
    return Candidate(
        family=family,
        pipeline=pipeline,
        validation=measure(split.validation["has_churned"].to_numpy(), validation, seed),
        test=measure(test_labels, test, seed),
        confusion=confusion(test_labels, test),
        test_probabilities=test,
    )


def select(candidates: tuple[Candidate, ...], validation: pl.DataFrame, seed: int) -> tuple[Candidate, str]:
    """Picks the best validation PR-AUC; candidates within its bootstrap noise are told apart by log loss.

    Returns:
        The candidate and the reason in words.
    """
    labels = validation["has_churned"].to_numpy()
    weights = bootstrap_weights(len(labels), seed)
    replicates = [
        weighted_figures(labels, predict_leaving(one.pipeline, validation), weights)["pr_auc"] for one in candidates
    ]
    best = max(range(len(candidates)), key=lambda i: candidates[i].validation["pr_auc"].value)
    level = [
        one for one, own in zip(candidates, replicates, strict=True) if np.quantile(replicates[best] - own, 0.025) <= 0
    ]
    winner = min(level, key=lambda one: one.validation["log_loss"].value)
    if len(level) == 1:
        return winner, f"{winner.family} has the best validation PR-AUC beyond chance"
    names = ", ".join(sorted(one.family for one in level if one is not winner))
    return winner, f"{winner.family} has the best validation log loss of those whose PR-AUC is level ({names})"

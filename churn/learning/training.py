"""One training: splits, fits every candidate, selects on the validation part, measures once on the test part."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.decisions import Interval
from churn.contracts.features import CustomerFeatures
from churn.errors import TooFewLeavers
from churn.learning.candidates import Model, fit_candidates, predict_leaving
from churn.learning.figures import confusion, measure
from churn.learning.leakage import check_leakage
from churn.learning.params import FAMILIES, Family, ModelParams, fingerprint_training
from churn.learning.selecting import select
from churn.learning.splitting import Split, split_examples

FEWEST_LEAVERS = 20


@dataclass(frozen=True)
class Candidate:
    """A fitted model and its figures.

    Attributes:
        validation: the figures that decide the selection.
        test: the reported figures, measured once.
        test_probabilities: (n,) probabilities of leaving, in the order of the test part.
    """

    family: Family
    model: Model
    validation: dict[str, Interval]
    test: dict[str, Interval]
    confusion: dict[str, int]
    test_probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """The result of a training."""

    fingerprint: str
    params: ModelParams
    split: Split
    candidates: tuple[Candidate, ...]
    selected: Candidate
    reason: str

    def told(self) -> tuple[Candidate, ...]:
        """Returns the candidates with pictures and a stored model: the fitted families and the selected candidate."""
        return tuple(
            candidate for candidate in self.candidates if candidate.family in FAMILIES or candidate is self.selected
        )


def train(examples: pl.DataFrame, params: ModelParams) -> Training:
    """Fits and compares every candidate.

    Args:
        examples: one row per customer, satisfying `CustomerFeatures`.

    Raises:
        TooFewLeavers: the examples have too few leavers or stayers to train and to test a model.
        ContractBroken: a feature contains the label.
    """
    check_enough(examples)
    CustomerFeatures.validate(examples)
    check_leakage(examples)
    split = split_examples(examples, params.seed)
    models = fit_candidates(split.train, params)
    family, reason = select_on(split.validation, models, params.seed)
    candidates = {name: _measure_candidate(name, model, split, params.seed) for name, model in models.items()}
    fingerprint = fingerprint_training(examples, params)
    return Training(fingerprint, params, split, tuple(candidates.values()), candidates[family], reason)


def check_enough(examples: pl.DataFrame) -> None:
    """Raises TooFewLeavers when there are too few leavers or stayers to train and to test a model."""
    leavers = int(examples["has_churned"].sum())
    if min(leavers, examples.height - leavers) < FEWEST_LEAVERS:
        raise TooFewLeavers(
            f"{leavers:,} of {examples.height:,} customers left. A training needs at least {FEWEST_LEAVERS} who left "
            f"and {FEWEST_LEAVERS} who stayed.",
            "train on an extract that still contains the customers who left.",
        )


def select_on(validation: pl.DataFrame, models: dict[Family, Model], seed: int) -> tuple[Family, str]:
    """Selects among fitted models by their probabilities on the validation part."""
    probabilities = {family: predict_leaving(model, validation) for family, model in models.items()}
    return select(validation["has_churned"].to_numpy(), probabilities, seed)


def _measure_candidate(family: Family, model: Model, split: Split, seed: int) -> Candidate:
    test = predict_leaving(model, split.test)
    test_labels = split.test["has_churned"].to_numpy()
    validation_labels = split.validation["has_churned"].to_numpy()
    return Candidate(
        family=family,
        model=model,
        validation=measure(validation_labels, predict_leaving(model, split.validation), seed),
        test=measure(test_labels, test, seed),
        confusion=confusion(test_labels, test),
        test_probabilities=test,
    )

"""One training: splits, fits every candidate, selects on the validation part, measures once on the test part."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.decisions import Interval
from churn.errors import TooFewLeavers
from churn.learning.bounded import Ranges, find_ranges
from churn.learning.candidates import Model, predict_leaving
from churn.learning.directed import settle_directions
from churn.learning.figures import confusion, measure
from churn.learning.fitting import fit_candidates
from churn.learning.labels import NO_HORIZON, Labels
from churn.learning.leakage import check_leakage
from churn.learning.levels import bring_to_horizon, bring_to_test
from churn.learning.params import FAMILIES, Family, ModelParams, fingerprint_training
from churn.learning.selecting import select
from churn.learning.splitting import Split, split_examples, split_windows

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
    """The result of a training.

    Attributes:
        tested_on: the window of the test part, in words.
        ranges: the range of each feature in the training part; None for labels without a horizon.
    """

    fingerprint: str
    params: ModelParams
    split: Split
    candidates: tuple[Candidate, ...]
    selected: Candidate
    reason: str
    tested_on: str = ""
    ranges: Ranges | None = None

    def told(self) -> tuple[Candidate, ...]:
        """Returns the candidates with pictures and a stored model: the fitted families and the selected candidate."""
        return tuple(
            candidate for candidate in self.candidates if candidate.family in FAMILIES or candidate is self.selected
        )


def train(examples: pl.DataFrame, params: ModelParams, labels: Labels = NO_HORIZON) -> Training:
    """Fits and compares every candidate.

    Args:
        examples: one row per customer (and date, if there are several dates), with the features of `params.given`.
        labels: the labels of the examples. From two windows on, the newest one is the test part.

    Raises:
        TooFewLeavers: the examples have too few leavers or stayers to train and to test a model.
        ContractBroken: a feature contains the label.
    """
    check_enough(examples)
    params.given.validate(examples)
    check_leakage(examples, params.given)
    split, tested_on = _split(examples, labels, params.seed)
    # Of the settings that were given, before the directions are settled: the next run knows no others to compare.
    fingerprint = fingerprint_training(examples, params, labels.horizon)
    if labels.windows:
        params = settle_directions(split.train, params)
    models = fit_candidates(split.train, params)
    ranges = find_ranges(split.train, params.given.numbers) if labels.windows else None
    # A window may be longer or shorter than the horizon: a model is tested at the level of its window, and kept at that
    # of the horizon.
    tested = models if ranges is None else bring_to_test(models, ranges, split, labels)
    family, reason = select_on(split.validation, tested, params.seed)
    kept = models if ranges is None else bring_to_horizon(models, ranges, split, labels)
    candidates = {name: _measure_candidate(name, kept[name], tested[name], split, params.seed) for name in models}
    chosen = candidates[family]
    return Training(fingerprint, params, split, tuple(candidates.values()), chosen, reason, tested_on, ranges)


def _split(examples: pl.DataFrame, labels: Labels, seed: int) -> tuple[Split, str]:
    """Returns the parts, and the window of the test part in words."""
    if labels.is_split_by_time(FEWEST_LEAVERS):
        window = labels.windows[0].window
        return (
            split_windows(examples, window.as_of_date, seed),
            f"tested on the newest window, {window.as_of_date} to {window.label_date}",
        )
    days = " and ".join(str(day) for day in labels.as_of_dates)
    return split_examples(examples, seed), f"tested on a fifth of the customers{f' of {days}' if days else ''}"


def check_enough(examples: pl.DataFrame) -> None:
    """Raises TooFewLeavers when there are too few leavers or stayers to train and to test a model."""
    leavers = int(examples["has_churned"].sum())
    if min(leavers, examples.height - leavers) < FEWEST_LEAVERS:
        raise TooFewLeavers(
            f"{leavers:,} of {examples.height:,} customers left. A training needs at least {FEWEST_LEAVERS} who left "
            f"and {FEWEST_LEAVERS} who stayed.",
            "train on an extract that still contains the customers who left; if they vanish from your extracts, load "
            "one that is a horizon later.",
        )


def select_on(validation: pl.DataFrame, models: dict[Family, Model], seed: int) -> tuple[Family, str]:
    """Selects among fitted models by their probabilities on the validation part."""
    probabilities = {family: predict_leaving(model, validation) for family, model in models.items()}
    return select(validation["has_churned"].to_numpy(), probabilities, seed)


def _measure_candidate(family: Family, model: Model, tested: Model, split: Split, seed: int) -> Candidate:
    """Measures a model as it was tested. The model that is kept may have its level from the test part."""
    test = predict_leaving(tested, split.test)
    test_labels = split.test["has_churned"].to_numpy()
    validation_labels = split.validation["has_churned"].to_numpy()
    return Candidate(
        family=family,
        model=model,
        validation=measure(validation_labels, predict_leaving(tested, split.validation), seed),
        test=measure(test_labels, test, seed),
        confusion=confusion(test_labels, test),
        test_probabilities=test,
    )

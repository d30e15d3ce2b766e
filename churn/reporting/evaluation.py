"""Evaluates the training procedure on many random splits of a date's examples."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import polars as pl

from churn.contracts.evaluations import CostOfFairness, Evaluation
from churn.intake.declaring import read_declared
from churn.learning.params import ModelParams
from churn.stages.learning import find_training_day, read_examples, with_changes, with_declared
from churn.stores.model_registry import recording
from churn.stores.workplace import Workplace


def evaluate_training(
    workplace: Workplace,
    as_of_date: date | None,
    params: ModelParams,
    splits: int,
    after_split: Callable[[int], None] = lambda done: None,
) -> Evaluation:
    """Measures the training procedure on a date (default: the latest loaded one) and logs the figures to MLflow.

    Raises:
        NotThere: no extract is loaded, the date has no features, or it has too few leavers.
    """
    day = find_training_day(workplace, as_of_date)
    params = with_declared(workplace.settings, params)
    examples, labels = read_examples(workplace.engine, day, params.given)
    params = with_changes(params, examples)
    from churn.learning import evaluating, plots  # Imports scikit-learn and XGBoost, which takes seconds.

    results = evaluating.evaluate_splits(examples, params, splits, after_split)
    summary, fairness = evaluating.summarise(results), _price_fairness(workplace, day, params, results)
    evaluation = Evaluation(
        **vars(summary), as_of_date=day, examples=examples.height, labels=labels.kind, fairness=fairness
    )
    recording.record_evaluation(workplace.settings, evaluation, results, plots.draw_splits(results), params)
    return evaluation


def _price_fairness(
    workplace: Workplace, day: date, params: ModelParams, results: pl.DataFrame
) -> CostOfFairness | None:
    """Repeats the evaluation with the sensitive columns, which no model of the product gets."""
    declaration = read_declared(workplace.settings)
    if not declaration.sensitive:
        return None
    from churn.learning import evaluating

    with_sensitive = replace(params, given=declaration.features_with_sensitive)
    examples, _ = read_examples(workplace.engine, day, with_sensitive.given)
    splits = int(results["split"].max()) + 1  # type: ignore[arg-type]
    others = evaluating.evaluate_splits(examples, with_changes(with_sensitive, examples), splits)
    names = tuple(column.name for column in declaration.sensitive)
    return CostOfFairness(names, evaluating.compare_selected(results, others))

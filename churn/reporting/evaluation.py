"""Evaluates the training procedure on many random splits of a date's examples."""

from collections.abc import Callable
from datetime import date

from churn.contracts.evaluations import Evaluation
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
    summary = evaluating.summarise(results)
    evaluation = Evaluation(**vars(summary), as_of_date=day, examples=examples.height, labels=labels.kind)
    recording.record_evaluation(workplace.settings, evaluation, results, plots.draw_splits(results), params)
    return evaluation

"""Searches better settings for a training: tuning and feature selection, on the training part of the examples."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from churn.learning.params import Family, ModelParams
from churn.stages.learning import read_examples, with_changes, with_declared
from churn.stores.model_registry import recording
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.features import CustomerFeatures


def tune_params(
    workplace: Workplace,
    as_of_date: date,
    params: ModelParams,
    trials: int,
    timeout_seconds: float,
    after_trial: Callable[[Family, int], None] = lambda family, done: None,
) -> ModelParams:
    """Returns the best settings of a search, and logs it to MLflow. A search that was stopped continues when repeated.

    Raises:
        NotThere: the date has no features or too few leavers.
    """
    params = with_declared(workplace.settings, params)
    train = read_training_part(workplace, as_of_date, params)
    from churn.learning import plots, tuning  # Imported here: scikit-learn and XGBoost take seconds.

    folder = workplace.settings.home_dir / "tuning"
    best, history = tuning.tune(train, params, trials, timeout_seconds, folder, after_trial)
    recording.record_search(workplace.settings, f"tuning {as_of_date}", best, history, plots.draw_tuning(history))
    return best


def prune_params(
    workplace: Workplace, as_of_date: date, params: ModelParams, after_step: Callable[[int], None] = lambda done: None
) -> ModelParams:
    """Returns the settings without the features that the models do not need, and logs the ranking to MLflow.

    Raises:
        NotThere: the date has no features or too few leavers.
    """
    params = with_declared(workplace.settings, params)
    train = read_training_part(workplace, as_of_date, params)
    from churn.learning import plots, pruning

    smallest = pruning.prune(train, params, after_step)
    ranking = pruning.rank_features(train, params)
    picture = plots.draw_contributions(ranking, smallest.left_out)
    recording.record_search(workplace.settings, f"feature selection {as_of_date}", smallest, ranking, picture)
    return smallest


def read_training_part(workplace: Workplace, as_of_date: date, params: ModelParams) -> "DataFrame[CustomerFeatures]":
    """Returns the training part that a training with these settings uses. So a search never sees the test part."""
    examples, _ = read_examples(workplace.engine, as_of_date, params.given)
    params = with_changes(params, examples)
    from churn.learning.leakage import check_leakage
    from churn.learning.splitting import split_examples
    from churn.learning.training import check_enough

    check_enough(examples)
    check_leakage(examples, params.given)
    return split_examples(examples, params.seed).train

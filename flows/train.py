"""Training as a flow of its own: an optional search for settings, the training, and the decision of the gate.

uv run python -m flows.train --as-of 2026-11-22 --tune
"""

from datetime import date
from functools import partial

from prefect import flow, task

from churn.learning.params import ModelParams
from churn.parameters import Day, Minutes, Trials
from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy


@task(**stage_policy(), task_run_name="tune_params {as_of}")
def tune_params(
    workplace: Workplace, as_of: date, params: ModelParams, trials: int, timeout_minutes: int
) -> ModelParams:
    """Searches for better model settings. A stopped search continues where it stopped."""
    from churn.stages import searching

    return searching.tune_params(workplace, as_of, params, trials, timeout_minutes * 60)


@task(**stage_policy(), task_run_name="prune_params {as_of}")
def prune_params(workplace: Workplace, as_of: date, params: ModelParams) -> ModelParams:
    """Leaves out features that the models do not need."""
    from churn.stages import searching

    return searching.prune_params(workplace, as_of, params)


@task(**stage_policy(), task_run_name="train_models {as_of}")
def train_models(workplace: Workplace, as_of: date, params: ModelParams, retrain: bool) -> Outcome:
    """Trains and compares the candidates, registers the best, and writes the decision of the gate to the ledger."""
    from churn.stages import learning

    return learning.train_models(workplace, as_of, params, retrain)


@flow(name="train", **flow_policy())
def train(
    as_of: Day | None = None,
    tune: bool = False,
    trials: Trials = 30,
    timeout_minutes: Minutes = 20,
    select: bool = False,
    retrain: bool = False,
) -> Outcome:
    """Trains a model on the examples of a date, and lets the gate decide whether it becomes the champion.

    Args:
        as_of: the as-of date (default: the latest loaded date).
        tune: search for better settings first.
        trials: the number of trials for each model family, with the trials of earlier searches.
        timeout_minutes: the longest time for the whole search, in minutes.
        select: leave out features that the models do not need.
        retrain: train even if a model was trained on these examples and settings before.
    """
    from churn.stages.learning import find_training_day, train_in_steps

    with open_workplace() as workplace, one_pipeline(workplace):
        day = find_training_day(workplace, as_of)
        return train_in_steps(
            partial(tune_params, workplace, day, trials=trials, timeout_minutes=timeout_minutes) if tune else None,
            partial(prune_params, workplace, day) if select else None,
            partial(train_models, workplace, day, retrain=retrain),
        )


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(train)

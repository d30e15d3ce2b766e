"""Runs of a day in processes of their own, some of which are killed. Functions here run in the child."""

import functools
import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.support.workplaces import at

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "churn.stages.history",
        "churn.stages.intake",
        "churn.stages.scoring",
        "churn.stages.transforms",
        "churn.stores.sql_models.console",
        "sqlmesh.core.context",
        "tests.support.days",
    ]
)
"""Libraries are imported once, in the process that the children are forked from."""


def start(task: Callable[..., None], *arguments: object) -> BaseProcess:
    """Starts a process that does one thing with the environment as it is now."""
    environment = {key: value for key, value in os.environ.items() if key.startswith("CHURN_")}
    process = _FORKS.Process(target=_do, args=(environment, task, arguments))
    process.start()
    return process


def finish(process: BaseProcess) -> int | None:
    """Waits for a process; returns its exit code, -9 when it was killed."""
    process.join(timeout=120)
    return process.exitcode


def _do(environment: dict[str, str], task: Callable[..., None], arguments: tuple[object, ...]) -> None:
    os.environ.update(environment)
    task(*arguments)


def run_pipeline(extract: Path, day: date, kill_at: str | None = None) -> None:
    """One day under the pipeline's lock; with `kill_at` the process dies there, as by a power cut."""
    from churn.settings import load_settings
    from churn.stages import one_pipeline
    from tests.support.days import name_rule_of_thumb_champion, run_day

    if kill_at is not None:
        PLACES[kill_at]()
    settings = load_settings()
    name_rule_of_thumb_champion(settings)
    with one_pipeline(at(settings)):
        run_day(settings, extract, day)


def refresh_scored(day: date) -> None:
    """One refresh of a date's marts, with no lock but the sql_models's own."""
    from churn.settings import load_settings
    from churn.stores import sql_models

    sql_models.refresh(at(load_settings()), "analytics.predictions", sql_models.RISK_MODELS, [day])


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_after(owner: Any, name: str) -> None:
    genuine = getattr(owner, name)

    @functools.wraps(genuine)
    def call(*arguments: Any, **options: Any) -> None:
        genuine(*arguments, **options)
        _die()

    setattr(owner, name, call)


def _after_the_load() -> None:
    from churn.stages import intake

    _die_after(intake, "load_extract")


def _between_staging_and_features() -> None:
    from churn.stores import sql_models
    from churn.stores.sql_models import console

    refresh = sql_models.refresh

    def armed(*arguments: Any) -> Any:
        _die_after(console.RecordingConsole, "update_snapshot_evaluation_progress")
        return refresh(*arguments)

    sql_models.refresh = armed


def _within_the_scores() -> None:
    from churn.stores.rows import predictions

    def arm() -> None:
        _die_after(predictions, "copy_in")

    stage = predictions.stage_predictions

    def armed(*arguments: Any) -> Any:
        arm()
        return stage(*arguments)

    predictions.stage_predictions = armed


def _between_scores_and_marts() -> None:
    from churn.stores.rows import predictions

    _die_after(predictions, "stage_predictions")


def _between_marts_and_publication() -> None:
    from churn.stores.rows import predictions

    predictions.publish = _die


PLACES = {
    "after the load": _after_the_load,
    "between staging and features": _between_staging_and_features,
    "within the scores' transaction": _within_the_scores,
    "between scores and marts": _between_scores_and_marts,
    "between marts and publication": _between_marts_and_publication,
}

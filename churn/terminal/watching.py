"""Running the pipeline from a terminal: its stages as they happen, the libraries quiet."""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from churn.errors import Unavailable
from churn.local_stack.temporary_prefect import reach_prefect
from churn.settings import Settings
from churn.stages import Outcome
from churn.timeline import today

TITLES = {
    "deploy_models": "Deploy the SQL models",
    "load_extract": "Load the extract",
    "validate_extract": "Validate the snapshot",
    "run_transforms": "Run the SQL models",
    "audit_transforms": "Audit the features",
    "train_models": "Train and compare models",
    "score_customers": "Score the customers",
    "publish": "Audit and publish",
    "rebuild_features": "Rebuild the features",
    "score_history": "Score the days",
    "publish_history": "Publish the days",
    "check_published": "Compare with the scores",
}


@dataclass
class StageTimes:
    """Wall-clock seconds, stage by stage, and before the first one."""

    started: float
    seconds: dict[str, float]


def run_pipeline(
    settings: Settings, source: str | None, as_of: date | None, retrain: bool, mapping: Path | None, verbose: bool
) -> date | None:
    """Runs `churn_pipeline` in this process and shows its stages.

    Returns:
        The date that is published; None for a folder of daily files, the latest of which is.
    """
    from churn.intake.sources import check_there

    if source is not None:
        check_there(source)
    console = Console(stderr=True)
    is_folder = source is not None and os.path.isdir(source)  # noqa: PTH112 Path.is_dir raises where the folder may not be read
    day = as_of if is_folder else as_of or today()
    times = StageTimes(time.monotonic(), {})
    quieten(verbose)
    with (
        reach_prefect(settings) as wait,
        _kept(settings, source) as kept,
        _progress(console, transient=verbose) as progress,
    ):
        _reach_database(settings, "churn_pipeline", day)
        waiting = progress.add_task("Start Prefect", total=None, note="")
        from flows.churn_pipeline import AROUND_STAGES, PAST_STAGES, STAGES, churn_pipeline

        _watch((*STAGES, *PAST_STAGES, *AROUND_STAGES), progress, waiting, times)
        _warm_up()
        wait()
        outcomes = churn_pipeline(kept, day, retrain, mapping)
    if not outcomes:
        console.print(f"Nothing new in {source}: every file's date already holds it.")
    if verbose:
        console.print(_times_table(times))
    return day


def run_score(settings: Settings, as_of: date | None, model: int | None, verbose: bool) -> None:
    """Runs the flow `score` in this process and shows its stages."""
    with _following(settings, "score", verbose) as follow:
        from flows.score import STAGES, score

        follow(STAGES)
        score(as_of, model)


def run_backfill(settings: Settings, days: int, until: date | None, verbose: bool) -> str:
    """Runs the flow `backfill` in this process and shows its stages, days done, rate and time left.

    Returns:
        What was made and what was left as it is.
    """
    with _following(settings, "backfill", verbose) as follow:
        from churn.stages import history
        from flows.backfill import STAGES, backfill

        history.listeners.append(_bar_of(follow(STAGES)))
        return str(backfill(days, until).summary)


@contextmanager
def _following(settings: Settings, flow: str, verbose: bool) -> Iterator[Callable[[tuple[Any, ...]], Progress]]:
    """Shows the stages of a flow that the block starts, once it has said which they are."""
    console, times = Console(stderr=True), StageTimes(time.monotonic(), {})
    quieten(verbose)
    with reach_prefect(settings) as wait, _progress(console, transient=verbose) as progress:
        _reach_database(settings, flow, None)
        waiting = progress.add_task("Start Prefect", total=None, note="")

        def follow(stages: tuple[Any, ...]) -> Progress:
            _watch(stages, progress, waiting, times)
            _warm_up()
            wait()
            return progress

        yield follow
    if verbose:
        console.print(_times_table(times))


def _reach_database(settings: Settings, flow: str, day: date | None) -> None:
    """Tells of a database that is down now, not after two retries: the person here, and whom alerts go to."""
    from churn.alerts import messages
    from churn.stores.postgres.database import open_engine

    try:
        open_engine(settings)
    except Unavailable as error:
        messages.tell_failure(settings, flow, day, error)
        raise


def _bar_of(progress: Progress) -> Callable[[int, int], None]:
    """A line that tells how many days are done, how fast, and how long the rest will take."""
    line = progress.add_task("Days", total=None, note="")
    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        rate = done / (time.monotonic() - began)
        left = f", {rate:.1f} a second, {(total - done) / rate:.0f} s left" if done else ""
        filled = round(20 * done / total) if total else 20
        bar = f"{'━' * filled}{'╌' * (20 - filled)} {done} of {total}{left}"
        progress.update(line, total=total, completed=done, note=bar)

    return tell


@contextmanager
def counting(title: str, total: int, verbose: bool) -> Iterator[Callable[[int], None]]:
    """Shows a bar that the block moves by telling how many of `total` are done."""
    quieten(verbose)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        line = progress.add_task(title, total=total)
        yield lambda done: progress.update(line, completed=done)


@contextmanager
def _kept(settings: Settings, source: str | None) -> Iterator[str | None]:
    """Standard input as a file, so that a stage that is tried again finds it; a path as an absolute one."""
    if source == "-":
        from churn.intake.sources import keep_stdin

        with keep_stdin(settings) as path:
            yield path
    elif source is None:
        yield None
    else:
        yield str(Path(source).resolve()) if os.path.exists(source) else source  # noqa: PTH110


def quieten(verbose: bool) -> None:
    """Keeps library output off the terminal; what Prefect's server stores of a run is not touched."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    if verbose:
        return
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_FLOW_RUNS_LEVEL", "CRITICAL")
    warnings.simplefilter("ignore")
    for name in ("mlflow", "psycopg"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _warm_up() -> None:
    """Imports what every run needs while Prefect's temporary server starts in a process of its own."""

    def load() -> None:
        import churn.stages.intake
        import churn.stages.learning
        import churn.stages.scoring
        import churn.stages.transforms
        import churn.stores.sql_models.console  # noqa: F401
        from churn.stores.model_registry.registry import import_mlflow

        import_mlflow()

    threading.Thread(target=load, name="warm-up", daemon=True).start()


def _progress(console: Console, transient: bool) -> Progress:
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}", style="bold", table_column=Column(no_wrap=True, min_width=24)),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim", table_column=Column(overflow="fold")),
        console=console,
        transient=transient,
    )


def _watch(stages: tuple[Any, ...], progress: Progress, waiting: TaskID, times: StageTimes) -> None:
    """Follows the stages by Prefect's own hooks."""
    shown: dict[str, tuple[TaskID, float]] = {}

    def starts(task: Any, run: Any, state: Any) -> None:
        if not shown:
            times.seconds["start"] = time.monotonic() - times.started
            progress.update(waiting, visible=False)
        if task.name not in shown:
            shown[task.name] = (progress.add_task(TITLES[task.name], total=1, note=""), time.monotonic())
        elif progress.tasks[shown[task.name][0]].finished:  # another day of a folder
            progress.reset(shown[task.name][0], note="")
            shown[task.name] = (shown[task.name][0], time.monotonic())

    def ends(task: Any, run: Any, state: Any) -> None:
        line, began = shown[task.name]
        times.seconds[task.name] = times.seconds.get(task.name, 0.0) + time.monotonic() - began
        outcome = state.result(raise_on_failure=False)
        note = f"{'skipped: ' if outcome.is_skipped else ''}{outcome.summary}" if isinstance(outcome, Outcome) else ""
        progress.update(line, completed=1, note=note)

    def fails(task: Any, run: Any, state: Any) -> None:
        progress.update(shown[task.name][0], note="[red]failed")

    for stage in stages:
        stage.on_running(starts)
        stage.on_completion(ends)
        stage.on_failure(fails)


def _times_table(times: StageTimes) -> Table:
    table = Table("stage", "seconds", title="Where the time went", title_justify="left")
    for name, seconds in times.seconds.items():
        table.add_row({"start": "Imports and Prefect's server"}.get(name, name), f"{seconds:.2f}")
    table.add_row("all", f"{time.monotonic() - times.started:.2f}", style="bold")
    return table

"""Flows that run in the terminal's process: each stage is shown as it happens."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from churn.errors import AccessRefused, Unavailable
from churn.local_stack.temporary_prefect import reach_prefect
from churn.settings import Settings
from churn.stages import Outcome
from churn.terminal.display.layout import open_console
from churn.terminal.display.stages import (
    StageTimes,
    add_line,
    keeping_hooks,
    open_progress,
    show_notes,
    times_table,
    watch_days,
    watch_stages,
)
from churn.terminal.quiet import quieten
from churn.timeline import today

Follow = Callable[[tuple[Any, ...]], Progress]


def run_pipeline(
    settings: Settings, source: str | None, as_of: date | None, retrain: bool, declaration: Path | None, verbose: bool
) -> date | None:
    """Runs `churn_pipeline` in this process and shows its stages.

    Returns:
        The published date; None for a folder of daily files, of which the latest date is published.
    """
    from churn.intake.sources import check_there
    from churn.stages.withdrawing import refuse_withdrawn
    from churn.stores.workplace import open_workplace

    if source is not None:
        check_there(source)
    is_folder = source is not None and os.path.isdir(source)  # noqa: PTH112 Path.is_dir raises where the folder may not be read
    day = as_of if is_folder else as_of or today()
    console = open_console(stderr=True)
    with (
        _following(settings, console, "churn_pipeline", day, verbose) as follow,
        _stored_source(settings, source) as stored,
    ):
        if as_of is None and day is not None:
            with open_workplace(settings) as workplace:
                refuse_withdrawn(workplace, day)  # Only a date that a person typed releases it.
        from flows.churn_pipeline import AROUND_STAGES, PAST_STAGES, STAGES, churn_pipeline, plan_run

        progress = follow((*STAGES, *PAST_STAGES, *AROUND_STAGES))
        with keeping_hooks((plan_run,)):
            show_notes(plan_run, progress)
            outcomes = churn_pipeline(stored, day, retrain, declaration)
    if not outcomes:
        console.print(f"{source} holds nothing new: every file is already loaded for its date.", markup=False)
    return day


def run_score(settings: Settings, as_of: date | None, model: int | None, verbose: bool) -> Outcome:
    """Runs the flow `score` in this process, shows its stages and returns what the publishing did."""
    with _following(settings, open_console(stderr=True), "score", None, verbose) as follow:
        from flows.score import STAGES, score

        follow(STAGES)
        _, _, published, _ = score(as_of, model)  # one outcome for each of STAGES
        return published


def run_backfill(
    settings: Settings, days: int, until: date | None, verbose: bool, known_at: datetime | None = None
) -> Outcome:
    """Runs the flow `backfill` in this process; shows its stages, the days done, the rate and the time remaining.

    Returns:
        How many days were published and how many stayed unchanged, and each published day.
    """
    with _following(settings, open_console(stderr=True), "backfill", None, verbose) as follow:
        from flows.backfill import STAGES, backfill, plan_backfill, publish_history

        progress = follow(STAGES)
        with keeping_hooks((plan_backfill, publish_history)):
            watch_days(plan_backfill, publish_history, progress)
            return backfill(days, until, known_at)


@contextmanager
def _following(settings: Settings, console: Console, flow: str, day: date | None, verbose: bool) -> Iterator[Follow]:
    """Yields a function that shows the stages it is given; the block calls it, then runs the flow."""
    from churn.stores.model_registry.registry import import_skops

    times = StageTimes()
    quieten(verbose)
    # With -v the libraries print between the lines: the lines go away at the end, and the table of times remains.
    with (
        reach_prefect(settings) as wait,
        open_progress(console, transient=verbose) as progress,
        ExitStack() as hooks,
    ):
        _reach_database(settings, flow, day)
        import_skops()  # A temporary server starts meanwhile.
        waiting = add_line(progress, "Start Prefect")

        def follow(stages: tuple[Any, ...]) -> Progress:
            hooks.enter_context(keeping_hooks(stages))
            watch_stages(stages, progress, waiting, times)
            warm_up = _warm_up()
            wait()
            # Both threads importing sqlmesh, whose modules import each other in circles, ends in an ImportError.
            warm_up.join()
            return progress

        yield follow
    if verbose:
        console.print(times_table(times))


def _reach_database(settings: Settings, flow: str, day: date | None) -> None:
    """Reports a database that is down at once, not after two retries: to the person here and to the alert addresses."""
    from churn.alerts import messages
    from churn.stores.postgres.database import open_engine

    try:
        open_engine(settings)
    except (Unavailable, AccessRefused) as error:
        messages.tell_failure(settings, flow, day, error)
        raise


@contextmanager
def _stored_source(settings: Settings, source: str | None) -> Iterator[str | None]:
    """Yields standard input as a file, so that a retried stage can read it again; a path as an absolute path."""
    if source == "-":
        from churn.intake.sources import keep_stdin

        with keep_stdin(settings) as path:
            yield path
    elif source is None:
        yield None
    else:
        yield str(Path(source).resolve()) if os.path.exists(source) else source  # noqa: PTH110


def _warm_up() -> threading.Thread:
    """Starts to import what every run needs while Prefect's temporary server starts in a process of its own."""

    def load() -> None:
        # What cannot be imported here fails again in the stage that needs it, which reports it.
        with suppress(Exception):
            import churn.stages.intake
            import churn.stages.learning
            import churn.stages.scoring
            import churn.stages.transforms
            import churn.stores.sql_models.console  # noqa: F401
            from churn.stores.model_registry.registry import import_mlflow

            import_mlflow()

    # A daemon: a run that fails at once does not wait for imports it no longer needs.
    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread

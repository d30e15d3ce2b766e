"""The stages of a run as they happen: a line each, a bar for counted work, the table of times."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from churn.stages import Outcome
from churn.terminal.display.layout import NARROW, open_console

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
    "judge_matured": "Compare with who left",
    "watch_newest": "Find what changed",
    "check_published": "Compare with the scores",
}


@dataclass
class StageTimes:
    """Wall-clock seconds of each stage, and of what happens before the first."""

    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)


def open_progress(console: Console, transient: bool) -> Progress:
    """Returns the lines of the stages; on a narrow screen each note stands under its stage."""
    is_narrow = console.width < NARROW
    below = "[dim]{task.fields[below]}[/dim]" if is_narrow else ""
    # A TextColumn of Rich 15 is cut with an ellipsis unless its table column may wrap.
    title = TextColumn(f"[bold]{{task.description}}[/bold]{below}", table_column=Column(no_wrap=not is_narrow))
    note = TextColumn("{task.fields[note]}", style="dim", table_column=Column(overflow="fold"))
    beside = [] if is_narrow else [TimeElapsedColumn(), note]
    return Progress(SpinnerColumn(finished_text="[green]✓"), title, *beside, console=console, transient=transient)


def add_line(progress: Progress, title: str, total: float | None = None) -> TaskID:
    """Adds a line without a note."""
    return progress.add_task(title, total=total, note="", below="")


def note_on(progress: Progress, line: TaskID, note: str, **changes: Any) -> None:
    """Writes a note on a line, and changes what else is given."""
    progress.update(line, note=note, below=f"\n  {note}" if note else "", **changes)


@contextmanager
def keeping_hooks(tasks: tuple[Any, ...]) -> Iterator[None]:
    """Takes back the hooks that the block gives to Prefect's tasks, which live as long as the process."""
    names = ("on_running_hooks", "on_completion_hooks", "on_failure_hooks")
    # A copy of each list: Prefect appends hooks to the list that the task holds.
    before = [(task, name, list(getattr(task, name))) for task in tasks for name in names]
    try:
        yield
    finally:
        for task, name, hooks in before:
            setattr(task, name, hooks)


def watch_stages(stages: tuple[Any, ...], progress: Progress, waiting: TaskID, times: StageTimes) -> None:
    """Follows the stages by Prefect's own hooks."""
    lines: dict[str, tuple[TaskID, float]] = {}

    def starts(task: Any, run: Any, state: Any) -> None:
        if not lines:
            times.seconds["start"] = time.monotonic() - times.started
            progress.update(waiting, visible=False)
        if task.name not in lines:
            lines[task.name] = (add_line(progress, TITLES[task.name], 1), time.monotonic())
        elif progress.tasks[lines[task.name][0]].finished:  # another day of a folder uses the same line again
            line = lines[task.name][0]
            progress.reset(line, note="", below="")
            lines[task.name] = (line, time.monotonic())

    def ends(task: Any, run: Any, state: Any) -> None:
        line, began = lines[task.name]
        times.seconds[task.name] = times.seconds.get(task.name, 0.0) + time.monotonic() - began
        outcome = state.result(raise_on_failure=False)
        note_on(progress, line, _note_of(outcome) if isinstance(outcome, Outcome) else "", completed=1)

    def fails(task: Any, run: Any, state: Any) -> None:
        note_on(progress, lines[task.name][0], "[red]failed[/red]")

    for stage in stages:
        stage.on_running(starts)
        stage.on_completion(ends)
        stage.on_failure(fails)


def _note_of(outcome: Outcome) -> str:
    # Escaped: a file name may hold [brackets], which Rich takes for a style.
    return escape(f"{'skipped: ' if outcome.is_skipped else ''}{outcome.summary}")


def show_notes(plan: Any, progress: Progress) -> None:
    """Prints the notes of a plan above the lines of the stages."""

    def show(task: Any, run: Any, state: Any) -> None:
        for note in state.result(raise_on_failure=False).notes:
            progress.console.print(note, markup=False, highlight=False)

    plan.on_completion(show)


def watch_days(plan: Any, publish: Any, progress: Progress) -> None:
    """Counts the days of a backfill: how many its plan holds, and each portion when it is published."""
    show = _days_bar(progress)
    portions: list[int] = []
    total = 0

    def begin(task: Any, run: Any, state: Any) -> None:
        nonlocal total
        portions.extend(len(portion) for portion in state.result(raise_on_failure=False).portions)
        total = sum(portions)
        show(0, total)

    def advance(task: Any, run: Any, state: Any) -> None:
        portions.pop(0)
        show(total - sum(portions), total)

    plan.on_completion(begin)
    publish.on_completion(advance)


def _days_bar(progress: Progress) -> Callable[[int, int], None]:
    """Adds a line that shows how many days are done, how fast, and how long the others will take."""
    line = add_line(progress, "Days")
    began = time.monotonic()

    def show(done: int, total: int) -> None:
        rate = done / (time.monotonic() - began)
        remaining = f", {rate:.1f} a second, {(total - done) / rate:.0f} s remaining" if done else ""
        filled = round(20 * done / total) if total else 20
        bar = f"{'━' * filled}{'╌' * (20 - filled)} {done} of {total}{remaining}"
        note_on(progress, line, bar, total=total, completed=done)

    return show


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows a bar; the block calls what is yielded with the number done of `total`."""
    console = open_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task(title, total=total)
        yield lambda done: progress.update(line, completed=done)


def times_table(times: StageTimes) -> Table:
    """Returns the seconds of each stage; `tests/benchmarks/stages.py` reads the table."""
    table = Table("stage", "seconds", title="Where the time went", title_justify="left")
    for name, seconds in times.seconds.items():
        table.add_row({"start": "Imports and Prefect's server"}.get(name, name), f"{seconds:.2f}")
    table.add_row("all", f"{time.monotonic() - times.started:.2f}", style="bold")
    return table

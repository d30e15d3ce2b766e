"""What a run has to do: its own date, and the dates before it that nobody has published.

A run's date is the one it was scheduled for, whenever it starts. A folder of daily files holds the dates that were
missed, so they are caught up, in order. A single file or address holds its latest extract only: which dates are
missing is said, and why nobody can make them from it.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from churn.errors import NotThere
from churn.settings import Settings
from churn.stages.intake import find_extracts, is_folder
from churn.stores.ledgers import publications
from churn.stores.postgres.database import open_engine
from churn.timeline import tell_dates, today

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Plan:
    """What a run has to do.

    Attributes:
        days: extracts with their dates, in order of date.
        notes: what a person should know: what is caught up, left out or missing.
    """

    days: list[tuple[str, date]]
    notes: list[str] = field(default_factory=list)


def plan_run(settings: Settings, source: str | None, as_of: date | None, run_date: date) -> Plan:
    """Finds the extracts of a run.

    Args:
        settings: where the database is.
        source: as `find_extracts` takes it.
        as_of: the one date that was asked for; None leaves it to the source and the schedule.
        run_date: the date the run was scheduled for.

    Raises:
        WrongUsage: as `find_extracts` does.
    """
    if as_of is not None:
        return Plan(find_extracts(settings, source, as_of))
    engine = open_engine(settings)
    if source is not None and is_folder(source):
        days = find_extracts(settings, source, None)
        return Plan(days, _tell_folder(engine, source, [day for _, day in days], run_date))
    name = source or "the simulator"
    if run_date < today():
        return Plan([], [_tell_late(engine, name, run_date)])
    return Plan(find_extracts(settings, source, run_date), _tell_lost(_find_missing(engine, run_date), name))


def check_arrived(settings: Settings, source: str | None, run_date: date) -> None:
    """Holds a scheduled run of a folder to its date: yesterday's list in the morning is not a success.

    Raises:
        NotThere: the date is not published, because its extract has not arrived.
    """
    is_due = source is not None and is_folder(source) and run_date == today()
    if is_due and not _is_published(open_engine(settings), run_date):
        raise NotThere(
            f"No extract of {run_date} has arrived in {source}.",
            "start the run again when it has; the next scheduled run catches it up by itself.",
        )


def _tell_folder(engine: "Engine", source: str, found: list[date], run_date: date) -> list[str]:
    notes = []
    if not found and _is_published(engine, run_date):
        notes.append(f"{run_date} is published already: nothing to do.")
    if early := [day for day in found if day < run_date]:
        notes.append(f"Catching up {tell_dates(early)}, in order.")
    if missing := [day for day in _find_missing(engine, run_date) if day not in found]:
        notes.append(
            f"Missing: {tell_dates(missing)}. {source} holds no extract of it; put it there, the next run takes it."
        )
    return notes


def _tell_late(engine: "Engine", source: str, run_date: date) -> str:
    if _is_published(engine, run_date):
        return f"{run_date} is published already: this run came late and has nothing to do."
    return (
        f"Missing: {run_date}. Its run came only on {today()}, when {source} may hold a later day's customers. "
        f"If you have its extract: churn run --source FILE --as-of {run_date}"
    )


def _tell_lost(missing: list[date], source: str) -> list[str]:
    if not missing:
        return []
    return [
        f"Missing: {tell_dates(missing)}. They cannot be caught up: {source} holds the latest extract only. "
        "If you have theirs: churn run --source FILE --as-of DATE; a folder of daily files is caught up by itself."
    ]


def _find_missing(engine: "Engine", run_date: date) -> list[date]:
    """Returns the dates between the latest published one and the run's."""
    latest = publications.find_publication(engine)
    if latest is None:
        return []
    gap = (run_date - latest.prediction_date).days
    return [latest.prediction_date + timedelta(days=past) for past in range(1, gap)]


def _is_published(engine: "Engine", day: date) -> bool:
    made = publications.find_publication(engine, day)
    return made is not None and made.status == "published"

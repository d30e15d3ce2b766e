"""Plans a run: its own date, and the earlier dates that are not published.

The date of a run is the date it was scheduled for, even if it starts later. A folder of daily files still has the
extracts of missed dates, so a run catches them up in order. A single file or address has only its latest extract, so
the run names the missing dates and says why it cannot catch them up.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING

from churn.errors import NotThere, WrongUsage
from churn.intake.daily_files import refuse_left_out
from churn.stages.arrivals import Found, find_extracts, is_folder
from churn.stores.ledgers import publications, withdrawals
from churn.stores.workplace import Workplace
from churn.timeline import days_until, tell_dates, today_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Plan:
    """The work of a run.

    Attributes:
        days: the extracts with their dates, in order of date.
        notes: sentences for people about files and dates that are caught up, left out or missing.
        refusal: the failure with which the run ends after its dates, because it leaves out files; None if it leaves
            out none.
    """

    days: list[tuple[str, date]]
    notes: list[str] = field(default_factory=list)
    refusal: WrongUsage | None = None


def plan_run(workplace: Workplace, source: str | None, as_of: date | None, run_date: date) -> Plan:
    """Finds the extracts of a run.

    Args:
        workplace: the settings and the database.
        source: the source, as in `find_extracts`.
        as_of: the only date to run; None if the source and the schedule decide.
        run_date: the date that the run was scheduled for.

    Raises:
        WrongUsage: this user may not read the folder, or the folder has no file of the date.
    """
    if as_of is not None:
        return Plan(find_extracts(workplace, source, as_of).extracts)
    engine = workplace.engine
    if source is not None and is_folder(source):
        found = find_extracts(workplace, source, None)
        notes = _note_folder(engine, source, found, run_date)
        left_out = [f"Not loaded from {source}: {item.what}." for item in found.left_out]
        left_out += [_note_held(engine, day) for day in found.held]
        return Plan(found.extracts, [*notes, *left_out], refuse_left_out(source, found.left_out))
    name = source or "the simulator"
    # A file or address has the customers of today. A run that starts a day late must not store them as yesterday's.
    if run_date < today_utc():
        return Plan([], [_note_late(engine, name, run_date)])
    if note := _note_held(engine, run_date):
        return Plan([], [note])
    return Plan(find_extracts(workplace, source, run_date).extracts, _note_lost(_find_missing(engine, run_date), name))


def check_arrived(workplace: Workplace, source: str | None, run_date: date) -> None:
    """Checks that a scheduled run of a folder published its own date. Without it, people would work with an old list.

    Raises:
        NotThere: the date is not published, because its extract has not arrived.
    """
    is_due, engine = source is not None and is_folder(source) and run_date == today_utc(), workplace.engine
    if is_due and not _is_published(engine, run_date) and not withdrawals.find_held(engine, [run_date]):
        raise NotThere(
            f"No extract of {run_date} has arrived in {source}.",
            "start the run again when it has arrived; otherwise the next scheduled run catches it up by itself.",
        )


def _note_folder(engine: "Engine", source: str, found: Found, run_date: date) -> list[str]:
    notes, days = [], [day for _, day in found.extracts]
    if not days and _is_published(engine, run_date):
        notes.append(f"{run_date} is already published: nothing to do.")
    if early := [day for day in days if day < run_date]:
        notes.append(f"Catching up {tell_dates(early)}, in order.")
    is_first = publications.find_publication(engine) is None
    expected = _find_gaps(found) if is_first else _find_missing(engine, run_date)
    if missing := [day for day in expected if day not in days]:
        notes.append(
            f"Missing: {tell_dates(missing)}. Put the missing extracts into {source}: the next run loads them."
        )
    return notes


def _find_gaps(found: Found) -> list[date]:
    """Returns the dates from the first to the last delivery of a folder; none if its files are not daily."""
    loaded = sorted(day for _, day in found.extracts)
    delivered = sorted({*loaded, *(day for item in found.left_out for day in item.days)})
    # A weekly delivery has gaps of seven days, which nobody misses: only a daily one can lack a day.
    steps = [(later - earlier).days for earlier, later in pairwise(loaded)]
    if not delivered or (steps and median_low(steps) > 1):
        return []
    return days_until(delivered[-1], (delivered[-1] - delivered[0]).days + 1)


def _note_late(engine: "Engine", source: str, run_date: date) -> str:
    if _is_published(engine, run_date):
        return f"{run_date} is already published: this run started late and has nothing to do."
    return (
        f"Missing: {run_date}. Its run started only on {today_utc()}, when {source} may have the customers of a later "
        f"day. If you have the extract of {run_date}, run `churn run --source FILE --as-of {run_date}`."
    )


def _note_lost(missing: list[date], source: str) -> list[str]:
    if not missing:
        return []
    return [
        f"Missing: {tell_dates(missing)}. The run cannot catch them up, since {source} has only the latest extract. "
        "If you have the extracts, run `churn run --source FILE --as-of DATE` for each. From a folder of daily files a "
        "run catches up missed dates by itself."
    ]


def _find_missing(engine: "Engine", run_date: date) -> list[date]:
    """Returns the dates between the latest published date and the date of the run; no date that a person withdrew."""
    latest = publications.find_publication(engine)
    if latest is None:
        return []
    gap = (run_date - latest.prediction_date).days
    between = [latest.prediction_date + timedelta(days=past) for past in range(1, gap)]
    held = withdrawals.find_held(engine, between)
    return [day for day in between if day not in held]


def _note_held(engine: "Engine", day: date) -> str:
    """Returns why a date is not run; empty if nobody withdrew it."""
    held = withdrawals.find_held(engine, [day]).get(day)
    again = f"Only a command that names the date publishes it again: `churn score --as-of {day}`."
    return f"{held}. {again}" if held else ""


def _is_published(engine: "Engine", day: date) -> bool:
    known = publications.find_publication(engine, day)
    return known is not None and known.status == "published"

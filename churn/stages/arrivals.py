"""Finds the extracts of a source: a file, an address, or the new daily files of a folder."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn.contracts.declaration import Declaration
from churn.errors import WrongUsage
from churn.intake.daily_files import Landing, LeftOut, check_readable, find_daily_files, refuse_left_out
from churn.intake.declaring import read_declared
from churn.intake.second_files import digest, find_files
from churn.simulation.extracts import provide_synthetic_extract
from churn.stores.ledgers import loads, publications, withdrawals
from churn.stores.workplace import Workplace
from churn.timeline import today

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Found:
    """The extracts of a source with their dates, in order of date; of a folder, also what is left out.

    Attributes:
        left_out: the files that cannot be used.
        held: the dates that a person withdrew: only a command that names such a date loads its file.
    """

    extracts: list[tuple[str, date]]
    left_out: list[LeftOut] = field(default_factory=list)
    held: list[date] = field(default_factory=list)


def find_extracts(workplace: Workplace, source: str | Path | None, as_of: date | None) -> Found:
    """Returns the extracts of a source, each with its date, in order of date (default: synthetic customers).

    A file or an address is one extract, of the date `as_of` (default: today). A folder gives its daily file of `as_of`
    (default: all its daily files). Without `as_of`, two kinds of files are left out: a file whose date is published
    from the same content, and a file that has not changed since its last load. The second rule matters after a
    correction from another file: without it, the next run would load the old file again and undo the correction.

    Raises:
        WrongUsage: this user may not read the folder, or the folder has no file of the date.
    """
    source = source or provide_synthetic_extract(workplace.settings.home_dir)
    if not is_folder(source):
        return Found([(str(source), as_of or today())])
    check_readable(Path(source))
    declaration = read_declared(workplace.settings)
    landing = find_daily_files(Path(source), [second.begins for second in declaration.sources])
    if as_of is not None:
        return Found([_choose_day(source, landing, as_of)])
    engine, days = workplace.engine, [day for day, _ in landing.files]
    published, taken = _find_published(engine, days), loads.find_last_taken(engine, days)
    held = withdrawals.find_held(engine, days)
    changed = _find_changed(engine, declaration, Path(source), days)
    new = [
        (str(path), day)
        for day, path in landing.files
        if day not in held
        and (
            day not in published
            or day in changed
            or _fingerprint(path) not in (published[day], taken.get((day, str(path.absolute()))))
        )
    ]
    return Found(new, landing.left_out, sorted(held))


def _find_changed(engine: "Engine", declaration: Declaration, folder: Path, days: list[date]) -> set[date]:
    """Returns the dates whose second files have arrived or changed since they were last joined."""
    if not declaration.sources:
        return set()
    joined = loads.find_last_seconds(engine, days)
    now = [(day, path) for day in days for path in find_files(declaration, folder, day).values()]
    return {day for day, path in now if joined.get((day, str(path.absolute()))) != digest(path)}


def _choose_day(source: str | Path, landing: Landing, as_of: date) -> tuple[str, date]:
    for day, path in landing.files:
        if day == as_of:
            return str(path), day
    odd = [item for item in landing.left_out if as_of in item.days]
    raise refuse_left_out(source, odd) or WrongUsage(
        f"The folder {source} has no file of {as_of}.", "check the date and the names of the files."
    )


def _find_published(engine: "Engine", days: list[date]) -> dict[date, str]:
    """Returns those of the dates that are published, or were until they were pruned, with the sha256 of the extract."""
    known = publications.find_publications(engine, min(days), max(days)) if days else {}
    done = ("published", "pruned")
    published = {day: item.source_sha256 for day, item in known.items() if item.status in done}
    return loads.find_pruned(engine, days) | published


def is_folder(source: str | Path) -> bool:
    """Returns whether a source is a folder of daily files.

    Raises:
        WrongUsage: this user may not read the path.
    """
    try:
        return Path(source).is_dir()
    except PermissionError as error:
        raise WrongUsage(f"This user may not read {source}.", "give the user read permission on it.") from error


def _fingerprint(path: Path) -> str | None:
    """Returns the sha256 of a file; None if it cannot be read. Its date is then run, and fails with the reason."""
    # An unreadable file is no reason to stop the others; its own load says what is wrong with it.
    with suppress(OSError), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
    return None

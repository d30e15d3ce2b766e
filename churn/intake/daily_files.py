"""Finds the daily extracts of a folder by the date in each name, and names the files that it leaves out.

Examples of names: customers-2026-01-31.csv, 20260131.csv.gz, 2026-01-31.parquet.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from churn.errors import WrongUsage

_DATE = re.compile(r"(?<!\d)(20\d\d)(-?)(\d\d)\2(\d\d)(?!\d)")
_LIKE_A_DATE = re.compile(r"20\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d")
_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".xlsx")


@dataclass(frozen=True)
class LeftOut:
    """A file, or several of one date, that a run of the folder does not load.

    Attributes:
        what: the names and the reason, for example "customers-2026-01-31.txt is neither CSV nor Parquet by its name".
        days: the dates in the names, as far as they can be read.
        is_delivery: whether somebody seems to have delivered customers with it. A run that leaves out a delivery fails.
    """

    what: str
    days: frozenset[date] = frozenset()
    is_delivery: bool = True


@dataclass(frozen=True)
class Landing:
    """The daily files of a folder with their dates, in order of date, and the files that are left out."""

    files: list[tuple[date, Path]]
    left_out: list[LeftOut]


def find_daily_files(folder: Path, second: Sequence[str] = ()) -> Landing:
    """Returns the extracts of a folder. One odd file never hides the others: it is left out, with the reason.

    Files whose names have neither a date nor the ending of an extract are ignored.

    Args:
        folder: the folder.
        second: how the names of declared second files begin; these are no extracts.

    Raises:
        WrongUsage: the user cannot read the folder, or the folder has no extract with a date.
    """
    paths = [path for path in _list(folder) if not any(is_of_source(path.name, begins) for begins in second)]
    odd = {path: _find_fault(path) for path in paths}
    dated = sorted((min(read_dates(path.name)), path) for path, fault in odd.items() if fault == "")
    # A file beside an extract whose name it continues is about it, as customers-2026-01-31.csv.sha256 is.
    known = tuple(path.name for _, path in dated)
    left_out = [
        LeftOut(f"{path.name} {fault}", read_dates(path.name), bool(_LIKE_A_DATE.search(path.name)))
        for path, fault in odd.items()
        if fault and not (known and path.name.startswith(known) and not path.name.endswith(_ENDINGS))
    ]
    by_day = {day: [path for _, path in group] for day, group in groupby(dated, key=lambda item: item[0])}
    files = [(day, paths[0]) for day, paths in by_day.items() if len(paths) == 1]
    left_out += [_leave_out_twice(day, paths) for day, paths in by_day.items() if len(paths) > 1]
    if not files and not any(item.is_delivery for item in left_out):
        raise WrongUsage(
            f"The folder {folder} has no CSV or Parquet file with a date in its name.",
            "name each file by its business date, for example customers-2026-01-31.csv.",
        )
    return Landing(files, left_out)


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except PermissionError as error:
        raise WrongUsage(
            f"This user cannot read the folder {folder} ({error.strerror}).",
            "give the user read permission on the folder.",
        ) from error


def check_readable(folder: Path) -> None:
    """Refuses a folder that this user may not list.

    Raises:
        WrongUsage: the user cannot read it.
    """
    _list(folder)


def is_of_source(name: str, begins: str) -> bool:
    """Returns whether a file name is one of a second file. Case does not matter."""
    return name.casefold().startswith(begins.casefold())


def list_dated(folder: Path) -> list[tuple[Path, frozenset[date]]]:
    """Returns the files of a folder that may be extracts, each with the dates in its name."""
    return [(path, read_dates(path.name)) for path in _list(folder) if _find_fault(path) == ""]


def _leave_out_twice(day: date, paths: list[Path]) -> LeftOut:
    """Leaves out all files of a day: nothing says which of them is right."""
    count = "two" if len(paths) == 2 else len(paths)
    names = " and ".join(path.name for path in paths)
    return LeftOut(f"there are {count} files of {day}: {names}", frozenset([day]))


def refuse_left_out(folder: str | Path, left_out: list[LeftOut]) -> WrongUsage | None:
    """Returns the failure of a run that left out deliveries, with each of them; None if it left out none."""
    deliveries = [item.what for item in left_out if item.is_delivery]
    if not deliveries:
        return None
    return WrongUsage(
        f"The folder {folder} has files that were not loaded: {'; '.join(deliveries)}.",
        "give each file one date in its name, as in customers-2026-01-31.csv, or remove it; then run again. Declare a "
        "second file of the same customers in [sources.NAME].",
    )


def _find_fault(path: Path) -> str | None:
    """Returns why a file is left out, an empty text if it is an extract with a date, None if it is to be ignored."""
    name = path.name
    is_like_a_date, is_extract = bool(_LIKE_A_DATE.search(name)), name.lower().endswith(_ENDINGS)
    if name.startswith("._") or not (is_like_a_date or is_extract):  # macOS keeps a ._ file beside each file.
        return None
    if name.startswith((".", "~", "_")):
        return "is hidden, so it may still be arriving" if is_like_a_date else None
    if not is_extract:
        return "is neither CSV nor Parquet by its name"
    if not is_like_a_date:
        return "has no date in its name"
    return _find_fault_of_dated(path)


def _find_fault_of_dated(path: Path) -> str:
    days = sorted(read_dates(path.name))
    if not days:
        return "has a date that is not written as in 2026-01-31 or 20260131"
    if len(days) > 1:
        return f"has two dates in its name, {' and '.join(map(str, days))}"
    try:
        return "" if path.is_file() else "is not a file"
    except PermissionError as error:
        return f"cannot be read ({error.strerror})"


def read_dates(file_name: str) -> frozenset[date]:
    """Returns the dates in a file name.

    Example: `customers-2026-01-31.csv` and `20260131.csv.gz` are of 31 January 2026; `extract-7.csv` has no date.
    """
    days = set()
    for year, _, month, day in _DATE.findall(file_name):
        try:
            days.add(date(int(year), int(month), int(day)))
        except ValueError:  # Eight digits that are no date, for example 20261399.
            continue
    return frozenset(days)

"""A folder of daily files, each named by its date: customers-2026-01-31.csv, 20260131.csv.gz, 2026-01-31.parquet."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

from churn.errors import WrongUsage

_DATE = re.compile(r"(?<!\d)(20\d\d)(-?)(\d\d)\2(\d\d)(?!\d)")
_ENDINGS = (".csv", ".csv.gz", ".parquet")


def find_daily_files(folder: Path) -> list[tuple[date, Path]]:
    """Returns the extracts of a folder with their dates, in order of date. Other files are not looked at.

    Raises:
        WrongUsage: the folder may not be read, holds no dated extract, or two of one date.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(_ENDINGS) and path.is_file())
    except PermissionError as error:
        raise WrongUsage(
            f"The folder {folder} may not be read by this user ({error.strerror}).",
            "give the user read permission on it.",
        ) from error
    dated = sorted((day, path) for path in files if (day := read_date(path.name)) is not None)
    if not dated:
        raise WrongUsage(
            f"The folder {folder} holds no CSV or Parquet file with a date in its name.",
            "name the files by their business date, like customers-2026-01-31.csv.",
        )
    for (day, path), (next_day, next_path) in pairwise(dated):
        if day == next_day:
            raise WrongUsage(
                f"The folder {folder} holds two files of {day}: {path.name} and {next_path.name}.",
                "leave the one that is right.",
            )
    return dated


def read_date(file_name: str) -> date | None:
    """Returns the date in a file's name, or None when there is none.

    Example: `customers-2026-01-31.csv` and `20260131.csv.gz` are of 31 January 2026; `extract-7.csv` has no date.
    """
    for year, _, month, day in _DATE.findall(file_name):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None

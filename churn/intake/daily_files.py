"""Finds the daily extracts of a folder by the date in each name.

Examples of names: customers-2026-01-31.csv, 20260131.csv.gz, 2026-01-31.parquet.
"""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

from churn.errors import WrongUsage

_DATE = re.compile(r"(?<!\d)(20\d\d)(-?)(\d\d)\2(\d\d)(?!\d)")
_ENDINGS = (".csv", ".csv.gz", ".parquet")


def find_daily_files(folder: Path) -> list[tuple[date, Path]]:
    """Returns the extracts of a folder with their dates, in order of date. Ignores all other files.

    Raises:
        WrongUsage: the user cannot read the folder, the folder has no dated extract, or two extracts have one date.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(_ENDINGS) and path.is_file())
    except PermissionError as error:
        raise WrongUsage(
            f"This user cannot read the folder {folder} ({error.strerror}).",
            "give the user read permission on the folder.",
        ) from error
    dated = sorted((day, path) for path in files if (day := read_date(path.name)) is not None)
    if not dated:
        raise WrongUsage(
            f"The folder {folder} has no CSV or Parquet file with a date in its name.",
            "name each file by its business date, for example customers-2026-01-31.csv.",
        )
    for (day, path), (next_day, next_path) in pairwise(dated):
        if day == next_day:
            raise WrongUsage(
                f"The folder {folder} has two files of {day}: {path.name} and {next_path.name}.",
                "remove the wrong file from the folder.",
            )
    return dated


def read_date(file_name: str) -> date | None:
    """Returns the date in a file name, or None when the name has no date.

    Example: `customers-2026-01-31.csv` and `20260131.csv.gz` are of 31 January 2026; `extract-7.csv` has no date.
    """
    for year, _, month, day in _DATE.findall(file_name):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:  # Eight digits that are no date, for example 20261399.
            continue
    return None

"""Rotates the logs of the home, and deletes old ones."""

import gzip
import shutil
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROTATED_BYTES = 10_000_000
_DAY_SECONDS = 86_400
_LOGS = (("logs", "*.log*"), ("postgres", "log"), ("postgres", "log.*.gz"))


@dataclass(frozen=True)
class Logs:
    """Logs that are too long or too old.

    Attributes:
        long: logs that are written to and are longer than ROTATED_BYTES.
        old: logs that nobody has written to for the days of `[keep]`.
    """

    long: list[Path]
    old: list[Path]


def find_logs(home_dir: Path, days: int) -> Logs:
    """Finds the logs that are too long, and those that are too old (never with 0 days)."""
    files = [file for folder, pattern in _LOGS for file in sorted((home_dir / folder).glob(pattern)) if file.is_file()]
    bound = time.time() - days * _DAY_SECONDS
    # The file `log` of Postgres is never deleted: the server has it open, and would write to a file without a name.
    old = [file for file in files if days and file.stat().st_mtime < bound and file.name != "log"]
    long = [file for file in files if file.suffix != ".gz" and file.stat().st_size > ROTATED_BYTES and file not in old]
    return Logs(long, old)


def rotate_logs(logs: Logs, today: date) -> None:
    """Deletes the old logs; packs each long one beside itself and empties it.

    A log is emptied, not renamed: a service goes on writing to the file that it opened. All of them append, so that
    their next line is the first of the empty file. A line that is written between the two steps is lost.
    """
    for file in logs.old:
        file.unlink()
    for file in logs.long:
        with file.open("rb") as source, gzip.open(file.with_name(f"{file.name}.{today}.gz"), "ab") as packed:
            shutil.copyfileobj(source, packed)
        with file.open("r+b") as stream:
            stream.truncate(0)

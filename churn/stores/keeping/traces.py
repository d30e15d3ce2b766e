"""Removes what a deleted row leaves behind: copies in Postgres' own files, and a number in a log or in a leftover file.

A deleted row stays in the files of Postgres until its space is used again, in the statistics of the planner, and in the
write-ahead log. In the embedded database all three are written anew. A team's database is left to its administrator.
"""

import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, text

LOGS = ("logs", "incidents.json", "postgres/log")
"""Text files of the home in which a number is made unreadable. Their size stays: a process may be writing to them."""
COPIES = ("synthetic", "spool", "data")
"""Folders with copies of extracts. A file with the number is deleted; the program makes or fetches it again."""


def rewrite_tables(engine: Engine, names: Iterable[str]) -> None:
    """Writes tables and the planner's statistics anew, without the rows that were deleted.

    The statistics keep examples of the values of a column. Nobody can read a table while it is written.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in names:
            connection.execute(text(f"VACUUM (FULL, ANALYZE) {name}"))
        connection.execute(text("VACUUM (FULL) pg_catalog.pg_statistic"))


def clear_log(engine: Engine) -> None:
    """Empties the write-ahead log of the embedded server, which belongs to this program alone."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER SYSTEM SET wal_recycle = off"))
        try:
            connection.execute(text("SELECT pg_reload_conf()"))
            _drop_old_segments(connection)
        finally:
            connection.execute(text("ALTER SYSTEM RESET wal_recycle"))
            connection.execute(text("SELECT pg_reload_conf()"))


def _drop_old_segments(connection: Connection) -> None:
    """Uses up every segment that was kept for later: a switch fills the rest of a segment with zeros."""
    connection.execute(text("CHECKPOINT"))
    for _ in range(int(connection.execute(text("SELECT count(*) FROM pg_ls_waldir()")).scalar_one())):
        connection.execute(text("SELECT pg_logical_emit_message(false, 'churn', '')"))
        connection.execute(text("SELECT pg_switch_wal()"))
    connection.execute(text("CHECKPOINT"))  # With recycling off, it deletes the segments before the last checkpoint.


def clean_home(home_dir: Path, customer_id: str) -> list[Path]:
    """Makes a number unreadable in logs, and deletes leftover copies of extracts with it. Returns the changed files."""
    pattern = re.compile(rb"(?<![\w-])" + re.escape(customer_id.encode()) + rb"(?![\w-])")
    changed = [file for file in _list_files(home_dir, LOGS) if _mask(file, pattern)]
    for file in _list_files(home_dir, COPIES):
        if _find(file, pattern):
            file.unlink()
            changed.append(file)
    return changed


def _list_files(home_dir: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        top = home_dir / name
        yield from (file for file in ([top] if top.is_file() else sorted(top.rglob("*"))) if file.is_file())


def _find(file: Path, pattern: re.Pattern[bytes]) -> list[tuple[int, int]]:
    if not file.stat().st_size:  # An empty file cannot be mapped.
        return []
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [found.span() for found in pattern.finditer(content)]


def _mask(file: Path, pattern: re.Pattern[bytes]) -> bool:
    places = _find(file, pattern)
    if places:
        with file.open("r+b") as stream:
            for start, end in places:
                stream.seek(start)
                stream.write(b"x" * (end - start))
    return bool(places)

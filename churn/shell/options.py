"""The options that several commands share, and how a date or a path on the command line is read."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

STANDARD_OUTPUT = Path("-")
"""What `--out -` reads as: write to standard output instead of a file."""


def parse_date(text: str) -> date:
    """Reads a date written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date like 2026-11-22") from None


def parse_moment(text: str) -> datetime:
    """Reads a time in UTC written YYYY-MM-DDTHH:MM, or a date, which is the end of that day."""
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date or a time like 2026-11-22 or 2026-11-22T08:30") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_file(text: str) -> Path:
    """Reads the path of a file to write; `-` is standard output."""
    path = Path(text)
    if path != STANDARD_OUTPUT and path.exists() and not path.is_file():
        raise typer.BadParameter(f"{text!r} is a {'folder' if path.is_dir() else 'device'}, not a file")
    return path


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the libraries' own messages, and tracebacks.")]

AsOf = Annotated[
    date | None,
    typer.Option(
        parser=parse_date,
        help="Business date (default: today, UTC; for a folder, the date in each file's name).",
        metavar="DATE",
    ),
]

PublishedDate = Annotated[
    date | None,
    typer.Option("--as-of", parser=parse_date, help="Published date (default: the latest).", metavar="DATE"),
]

KnownAt = Annotated[
    datetime | None,
    typer.Option(
        "--known-at",
        parser=parse_moment,
        help="Show the date as readers saw it at this time, UTC (default: now).",
        metavar="DATE|TIME",
    ),
]

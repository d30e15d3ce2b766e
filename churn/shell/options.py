"""The options that commands share, and how what is typed is read."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what the libraries say, and tracebacks.")]


def parse_date(text: str) -> date:
    """Reads a date written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date like 2026-11-22") from None


def parse_file(text: str) -> Path:
    """Reads the path of a file to write."""
    path = Path(text)
    if path.exists() and not path.is_file():
        raise typer.BadParameter(f"{text!r} is no file but a {'folder' if path.is_dir() else 'device'}")
    return path


AsOf = Annotated[
    date | None,
    typer.Option(parser=parse_date, help="Business date; the default is today (UTC).", metavar="DATE"),
]

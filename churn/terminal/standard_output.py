"""What goes to standard output as data: one JSON document, or a file that was asked for with `--out -`."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path

import typer

from churn.errors import ExitCode, WrongUsage
from churn.shell.options import STANDARD_OUTPUT

_BINARY = ("parquet", "xlsx")


def print_json(document: object) -> None:
    """Prints one JSON document; dates are ISO text, records are objects."""
    with _unbroken():
        typer.echo(json.dumps(document, indent=2, default=_plain))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@contextmanager
def file_to_write(out: Path, kind: str) -> Iterator[Path]:
    """Yields the path to write to: `out`, or for `-` a temporary file that is copied to standard output at the end.

    Args:
        out: the path that was asked for.
        kind: how the file's name ends, without the dot.

    Raises:
        WrongUsage: a binary file would be written to a terminal.
    """
    if out != STANDARD_OUTPUT:
        yield out
        return
    if kind in _BINARY and sys.stdout.isatty():
        raise WrongUsage(f"A {kind} file is binary and standard output is a terminal.", "name a file: --out FILE.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"output.{kind}")
        yield path
        with path.open("rb") as file, _unbroken():
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()


@contextmanager
def _unbroken() -> Iterator[None]:
    """Ends the command without a message when the reader of the pipe has left, as `head` does."""
    try:
        yield
    except BrokenPipeError:
        with suppress(OSError):  # Python flushes standard output once more at exit, and would complain then.
            sys.stdout = open("/dev/null", "w")  # noqa: SIM115, PTH123 stays open until the process ends
        raise typer.Exit(ExitCode.FAILED) from None


def say_written(summary: str, out: Path, path: Path) -> None:
    """Prints what was written; on standard error when standard output holds the file itself."""
    typer.echo(summary.replace(str(path), "standard output" if path != out else str(out)), err=path != out)

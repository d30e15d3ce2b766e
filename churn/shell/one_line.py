"""Errors in one line, with the next step and an exit code."""

import io
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from churn.errors import ChurnError, ExitCode, Unavailable, understand
from churn.secrecy import hide_secrets
from churn.settings import load_settings

EXIT_CODES = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the extract breaks the contract, 4 an audit failed, 5 a limit of "
    "`churn monitor` is broken."
)


def show_any_letter() -> None:
    """Makes both streams print `?` for a letter that their encoding does not have.

    Otherwise a terminal or a log without UTF-8 would end a run with an error after it has published.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def one_line_errors(verbose: bool) -> Iterator[None]:
    """Turns an error into one line, the next step and an exit code. Only --verbose shows the traceback."""
    try:
        yield
    except (typer.Exit, typer.Abort):  # a decision of the command or of the person, not a failure
        raise
    except KeyboardInterrupt:
        typer.echo("churn: stopped. Readers see the last published data.", err=True)
        raise typer.Exit(ExitCode.FAILED) from None
    except Exception as error:
        if verbose:
            typer.echo(_without_secrets(traceback.format_exc()), err=True)
        known = _find_cause(understand(error))
        _print_error(f"churn: {_without_secrets(known.fact)}", f"  next: {_without_secrets(known.next_step)}")
        raise typer.Exit(known.exit_code) from None


def _find_cause(known: ChurnError) -> ChurnError:
    """Returns the error of the full disk that ended the embedded database, where the run only saw it end."""
    if not isinstance(known, Unavailable):
        return known
    from churn.stores.postgres.database import find_full_disk

    try:
        return find_full_disk(load_settings()) or known
    except ChurnError:  # The settings themselves are refused.
        return known


def _print_error(fact: str, next_step: str) -> None:
    """Prints two lines. Rich obeys NO_COLOR and TERM=dumb; `typer.secho` (0.29) does not."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, emoji=False, markup=False)
    # In a log the error stays on one line, so that grep finds all of it; a terminal wraps it between words.
    soft_wrap = not console.is_terminal
    console.print(fact, style="red", soft_wrap=soft_wrap)
    console.print(next_step, soft_wrap=soft_wrap)


def _without_secrets(text: str) -> str:
    try:
        settings = load_settings()
    except ChurnError:  # The settings are what the error is about; its message shows no secret.
        return hide_secrets(text, None)
    return hide_secrets(text, settings)

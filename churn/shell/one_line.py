"""Errors told in one line, with the next step and an exit code."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from churn.errors import ExitCode, understand
from churn.secrecy import hide_secrets
from churn.settings import load_settings

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the extract breaks the contract, 4 an audit failed."


@contextmanager
def told_in_one_line(verbose: bool) -> Iterator[None]:
    """Turns errors into one line with the next step, and an exit code. The traceback is shown only when asked for."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        typer.echo("churn: stopped; readers see what they saw before.", err=True)
        raise typer.Exit(ExitCode.FAILED) from None
    except Exception as error:
        if verbose:
            typer.echo(_without_secrets(traceback.format_exc()), err=True)
        known = understand(error)
        typer.secho(f"churn: {_without_secrets(known.fact)}", err=True, fg="red")
        typer.echo(f"  next: {_without_secrets(known.next_step)}", err=True)
        raise typer.Exit(known.exit_code) from None


def _without_secrets(text: str) -> str:
    try:
        settings = load_settings()
    except ValueError:  # the environment is what the text complains of; its own message shows no values
        return text
    return hide_secrets(text, settings)

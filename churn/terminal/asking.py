"""Questions before a command that cannot be taken back."""

import typer

from churn.errors import WrongUsage


def confirm(question: str, unasked: str) -> None:
    """Asks a yes-or-no question, and ends the command at a no.

    Args:
        question: the question.
        unasked: the same command with --yes, for the error where nobody can answer.

    Raises:
        WrongUsage: no terminal is attached.
    """
    if not typer.get_text_stream("stdin").isatty():
        raise WrongUsage("The command needs a confirmation, and no terminal is attached.", f"run `{unasked}`.")
    typer.confirm(question, abort=True)

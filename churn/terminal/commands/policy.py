"""The command about the company's policy file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.options import AsJson, Verbose
from churn.terminal.commands.stack import TASK
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()


@command(app, TASK, "churn policy our-policy.toml", "churn policy suggest")
def policy(
    file: Annotated[
        str | None,
        typer.Argument(
            help="Policy file to check (default: the one in force). The word `suggest` compares the rules for the "
            "risk tiers.",
            metavar="FILE",
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Print the values of the policy in force, or check a policy file."""
    with quiet_command(verbose):
        from churn.reporting.policy import read_policy
        from churn.terminal.standard_output import print_json

        if file == "suggest":
            _suggest(as_json)
            return
        report = read_policy(load_settings(), Path(file) if file else None)
        if as_json:
            print_json(report)
            return
        typer.echo(f"# {report.path}{' (the default)' if report.is_default else ''}")
        typer.echo(f"# sha256 {report.sha256}")
        for section, values in report.values.items():
            typer.echo(f"\n[{section}]")
            for name, value in values.items():
                typer.echo(f"{name} = {json.dumps(value)}")  # A text, in quotes as TOML has them.
        for note in report.notes:
            typer.echo(note, err=True)


def _suggest(as_json: bool) -> None:
    """Prints what each rule for the risk tiers would give."""
    from churn.reporting.suggesting import suggest_tiers
    from churn.stores.workplace import open_workplace
    from churn.terminal.display.suggestions import show_suggestions
    from churn.terminal.standard_output import print_json

    with open_workplace() as workplace:
        suggestions = suggest_tiers(workplace)
    if as_json:
        print_json(suggestions)
    else:
        show_suggestions(suggestions)

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


@command(app, TASK, "churn policy our-policy.toml")
def policy(
    file: Annotated[
        Path | None, typer.Argument(help="Policy file to check (default: the one in force).", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Print the values of the policy in force, or check a policy file."""
    with quiet_command(verbose):
        from churn.reporting.policy import read_policy
        from churn.terminal.standard_output import print_json

        report = read_policy(load_settings(), file)
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

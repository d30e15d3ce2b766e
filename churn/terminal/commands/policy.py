"""The command about the company's policy file."""

from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose

app = typer.Typer()


@app.command(rich_help_panel="Look after it", epilog="Example: churn policy our-policy.toml")
def policy(
    file: Annotated[Path | None, typer.Argument(help="A policy file to check (default: the one in force).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    verbose: Verbose = False,
) -> None:
    """Print the values of the policy in force, or check a policy file."""
    with told_in_one_line(verbose):
        from dataclasses import asdict

        from churn.reporting.policy import read_policy

        report = read_policy(load_settings(), file)
        if as_json:
            import json

            typer.echo(json.dumps(asdict(report), indent=2))
            return
        typer.echo(f"# {report.path}{' (the default)' if report.is_default else ''}")
        typer.echo(f"# sha256 {report.sha256}")
        for section, values in report.values.items():
            typer.echo(f"\n[{section}]")
            for name, value in values.items():
                typer.echo(f"{name} = {value}")
        for note in report.notes:
            typer.echo(note, err=True)

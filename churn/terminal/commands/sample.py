"""The command that downloads the public sample."""

from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.options import Verbose
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

app = typer.Typer(help="Download the public sample.", no_args_is_help=True, cls=HelpfulGroup)


@command(app, "Commands", "churn data fetch --to sample.csv")
def fetch(
    to: Annotated[Path | None, typer.Option(help="File to write (default: under CHURN_HOME).", metavar="PATH")] = None,
    address: Annotated[
        str | None, typer.Option(help="Address of a mirror (default: IBM's repository).", metavar="URL")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Download the public sample (7,043 customers, IBM) and check its sha256."""
    with quiet_command(verbose):
        from churn.intake.public_sample import fetch_public_sample

        path = fetch_public_sample(load_settings(), to, address)
        typer.echo(f"The public sample is in {path}. Next: churn run --source {path}")

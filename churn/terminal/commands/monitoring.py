"""The command about monitoring: whether published scores came true."""

import typer

from churn.errors import ExitCode
from churn.shell.options import AsJson, Verbose
from churn.terminal.commands.daily import TASK
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()


@command(app, TASK, "churn monitor", "churn monitor --json | jq .verdict")
def monitor(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show whether published scores came true; ends with exit code 5 if a limit of the policy file is broken."""
    with quiet_command(verbose):
        from churn.reporting.health import read_health
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.health import show_health
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            health = read_health(workplace)
        if as_json:
            print_json(health)
        else:
            show_health(health)
        if health.findings:
            raise typer.Exit(ExitCode.LIMIT_BROKEN)

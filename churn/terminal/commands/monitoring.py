"""The commands about monitoring: whether published scores came true, and the digest of the morning."""

from typing import Annotated

import typer

from churn.errors import ExitCode
from churn.shell.options import AsJson, Verbose
from churn.terminal.commands.daily import TASK
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()


Regretted = Annotated[
    bool,
    typer.Option(
        "--regrets", help="Show the most expensive leavers whom nobody listed, and the dearest calls nobody needed."
    ),
]


@command(app, TASK, "churn monitor", "churn monitor --regrets", "churn monitor --json | jq .verdict")
def monitor(regrets: Regretted = False, as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show whether published scores came true; ends with exit code 5 if a limit of the policy file is broken."""
    with quiet_command(verbose):
        if regrets:
            _show_regrets(as_json)
            return
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


@command(app, TASK, "churn digest", "churn digest --send")
def digest(
    is_sent: Annotated[
        bool, typer.Option("--send", help="Send it with the report to CHURN_ALERT_URLS (default: print it).")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Print the morning in at most ten lines: what is published, what changed and why, whether scores came true."""
    with quiet_command(verbose):
        from churn.reporting.digest import write_digest
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            if not is_sent:
                typer.echo("\n".join(write_digest(workplace)))
                return
            from churn.dashboard.morning import send_morning

            send_morning(workplace)
        typer.echo("The digest is sent.")


def _show_regrets(as_json: bool) -> None:
    from churn.reporting.regrets import read_regrets
    from churn.stores.workplace import open_workplace
    from churn.terminal.display.regrets import show_regrets
    from churn.terminal.standard_output import print_json

    with open_workplace() as workplace:
        found = read_regrets(workplace)
    if as_json:
        print_json(found)
    else:
        show_regrets(found)

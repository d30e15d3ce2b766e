"""The commands about alerts: the open incidents, and silence until a date."""

from datetime import date
from typing import Annotated

import typer

from churn.shell.options import AsJson, Verbose, parse_date
from churn.shell.person import Person, find_person
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

TASK = "Operate"
app = typer.Typer(no_args_is_help=True, help="Show open incidents, and snooze them.", cls=HelpfulGroup)


@command(app, "Commands", "churn alerts list", "churn alerts list --json", name="list")
def list_incidents(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show the open incidents with their keys, and until when they are snoozed."""
    with quiet_command(verbose):
        from churn.stores.ledgers.snoozes import find_open
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.incidents import show_incidents
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            found = find_open(workplace.engine)
        if as_json:
            print_json(found)
        else:
            show_incidents(found)


@command(app, "Commands", 'churn alerts snooze 5d1f9c0e2b7a4c11 --until 2026-12-05 --why "late until Friday"')
def snooze(
    incident: Annotated[str, typer.Argument(help="Key of the incident, from `churn alerts list`.", metavar="INCIDENT")],
    until: Annotated[date, typer.Option("--until", parser=parse_date, help="Last day of silence.", metavar="DATE")],
    why: Annotated[str, typer.Option("--why", help="The reason, which the ledger keeps.", metavar="TEXT")],
    by: Person = None,
    verbose: Verbose = False,
) -> None:
    """Send no alert of an incident until a date; if it still lasts after that, the next run sends one."""
    with quiet_command(verbose):
        from churn.stages import snoozing
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.findings import outcome_sentence

        with open_workplace() as workplace:
            done = snoozing.snooze(workplace, incident, until, by or find_person(), why)
        typer.echo(outcome_sentence(done))

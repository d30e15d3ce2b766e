"""The command line: its commands in the order of the help, the version, the entry point.

Nothing heavy is imported here; each command imports what it needs when it runs.
"""

from typing import Annotated

import typer

from churn.settings import settle_environment
from churn.shell.one_line import EXIT_CODES, show_any_letter
from churn.terminal.commands import (
    alerts,
    campaign,
    daily,
    database,
    declaring,
    history,
    keeping,
    model,
    monitoring,
    pages,
    policy,
    sample,
    segments,
    simulation,
    stack,
    transforms,
)
from churn.terminal.help_page import HelpfulGroup, as_examples

EXAMPLES = (
    "churn run --source extract.csv --as-of 2026-11-22",
    "churn status --json",
    "churn db psql -c 'select * from reporting.kpi_daily'",
)

app = typer.Typer(
    name="churn",
    cls=HelpfulGroup,
    help="Find the customers who are likely to leave, what that costs, and whom to call first.",
    epilog="\n".join([*as_examples(EXAMPLES), EXIT_CODES]),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# The order of these lines is the order of `churn --help`: what most people need comes first.
app.add_typer(pages.app)
app.add_typer(daily.app)
app.add_typer(monitoring.app)
app.add_typer(segments.app)
app.add_typer(declaring.app)
app.add_typer(history.app)
app.add_typer(campaign.app, name="campaign", rich_help_panel=campaign.TASK)
app.add_typer(campaign.alone)
app.add_typer(model.app)
app.add_typer(simulation.app)
app.add_typer(sample.app, name="data", rich_help_panel=simulation.TASK)
app.add_typer(stack.app)
app.add_typer(policy.app)
app.add_typer(alerts.app, name="alerts", rich_help_panel=alerts.TASK)
app.add_typer(keeping.app)
app.add_typer(transforms.app, name="transforms", rich_help_panel=stack.TASK)
app.add_typer(database.app, name="db", rich_help_panel=stack.TASK)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"churn {version('churn')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Find the customers who are likely to leave, what that costs, and whom to call first."""


def main() -> None:
    """Runs the command."""
    import atexit
    import gc

    # Libraries create half a million objects that live until the command ends. Searching them for garbage during the
    # imports, and once more at exit, costs a second each.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    show_any_letter()
    settle_environment()  # Before a library is imported: Prefect reads its variables then.
    app()

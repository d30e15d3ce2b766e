"""The commands that run the product on this machine: up, down, doctor."""

from typing import Annotated

import typer

from churn.errors import ExitCode
from churn.settings import load_settings
from churn.shell.one_line import one_line_errors
from churn.shell.options import AsJson, Verbose
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()
TASK = "Operate"


@command(app, TASK, "churn up", "churn up --json")
def up(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Start Postgres, Prefect, a worker, MLflow and the pages on this machine, and keep them running."""
    with one_line_errors(verbose):  # not quiet: the services inherit the environment and must write their logs
        import time

        from churn.local_stack import stack
        from churn.terminal.display import services
        from churn.terminal.standard_output import print_json

        began = time.monotonic()
        try:
            with services.waiting() as show:
                stack.bring_up(show)
        # Ctrl-C ends the waiting only: the supervisor is a process of its own and goes on starting the services.
        except KeyboardInterrupt:
            typer.echo("The stack is still starting. `churn up` waits for it again; `churn down` stops it.", err=True)
            raise typer.Exit(ExitCode.FAILED) from None
        lines, seconds = stack.look(load_settings()), time.monotonic() - began
        if as_json:
            print_json(services.as_document(lines))
            return
        services.show_stack(lines, load_settings().home_dir, seconds)


@command(app, TASK)
def down(verbose: Verbose = False) -> None:
    """Stop everything that `churn up` started, and the embedded Postgres."""
    with one_line_errors(verbose):
        from churn.local_stack import stack

        stopped = stack.take_down()
        typer.echo(f"Stopped: {', '.join(stopped)}." if stopped else "The local stack was not running.")


@command(app, TASK, "churn doctor --test-alert")
def doctor(
    test_alert: Annotated[bool, typer.Option("--test-alert", help="Send a test alert to each address.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Check the configuration, try each service, compare the published days, and show the versions in use."""
    with quiet_command(verbose):
        from prefect.settings import get_current_settings

        from churn.reporting.doctor import examine
        from churn.terminal.display import findings
        from churn.terminal.standard_output import print_json

        report = examine(load_settings(), get_current_settings().api.url, test_alert)
        if as_json:
            print_json(findings.as_document(report))
        else:
            findings.show_findings(report)
        if not all(finding.is_well for finding in report):
            raise typer.Exit(ExitCode.FAILED)

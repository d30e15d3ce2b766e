"""The commands of the local stack: up, down."""

import typer

from churn.errors import ExitCode
from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose

app = typer.Typer()


@app.command(rich_help_panel="Look after it")
def up(verbose: Verbose = False) -> None:
    """Bring up Postgres, Prefect, a worker, MLflow and the dashboard on this machine."""
    with told_in_one_line(verbose):
        import time

        from churn.local_stack import stack
        from churn.terminal.display import services

        began = time.monotonic()
        try:
            with services.waiting() as tell:
                stack.bring_up(tell)
        except KeyboardInterrupt:
            typer.echo("It goes on coming up: `churn up` waits for it again, `churn down` stops it.", err=True)
            raise typer.Exit(ExitCode.FAILED) from None
        seconds = time.monotonic() - began
        services.show_stack(stack.look(load_settings()), load_settings().home_dir, seconds)


@app.command(rich_help_panel="Look after it")
def down(verbose: Verbose = False) -> None:
    """Stop all that `churn up` started, and the embedded Postgres."""
    with told_in_one_line(verbose):
        from churn.local_stack import stack

        stopped = stack.take_down()
        typer.echo(f"stopped: {', '.join(stopped)}" if stopped else "was not up")

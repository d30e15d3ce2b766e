"""The commands of the local stack: up, down."""

import typer

from churn.errors import ExitCode
from churn.settings import load_settings
from churn.terminal import Verbose, told_in_one_line

app = typer.Typer()


@app.command(rich_help_panel="Look after it")
def up(verbose: Verbose = False) -> None:
    """Bring up Postgres, Prefect, a worker, MLflow and the dashboard on this machine."""
    with told_in_one_line(verbose):
        import time

        from churn import display_stack
        from churn.service import stack

        began = time.monotonic()
        try:
            with display_stack.waiting() as tell:
                stack.bring_up(tell)
        except KeyboardInterrupt:
            typer.echo("It goes on coming up: `churn up` waits for it again, `churn down` stops it.", err=True)
            raise typer.Exit(ExitCode.FAILED) from None
        seconds = time.monotonic() - began
        display_stack.show_stack(stack.look(load_settings()), load_settings().home_dir, seconds)


@app.command(rich_help_panel="Look after it")
def down(verbose: Verbose = False) -> None:
    """Stop all that `churn up` started, and the embedded Postgres."""
    with told_in_one_line(verbose):
        from churn.service import stack

        stopped = stack.take_down()
        typer.echo(f"stopped: {', '.join(stopped)}" if stopped else "was not up")

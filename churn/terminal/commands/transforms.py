"""The commands of the SQL models: apply a change, compare every published day."""

from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose

app = typer.Typer(help="Change the SQL models safely.", no_args_is_help=True)


@app.command(epilog="Example: churn transforms apply --yes")
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Apply without asking.")] = False,
    verbose: Verbose = False,
) -> None:
    """Lint and test the SQL models, show what changed, ask, apply it, and compare every published day."""
    with told_in_one_line(verbose):
        from churn.errors import WrongUsage
        from churn.stages import one_pipeline, transforms
        from churn.terminal import watching
        from churn.terminal.display import findings

        watching.quieten(verbose)
        settings = load_settings()
        change = transforms.describe_change(settings)
        findings.show_change(change)
        if change.changed and not yes:
            if not typer.get_text_stream("stdin").isatty():
                raise WrongUsage("Nobody is there to confirm the change.", "run `churn transforms apply --yes`.")
            typer.confirm("Apply it?", abort=True)
        with one_pipeline(settings):
            outcomes = [transforms.deploy_models(settings), transforms.check_every_day(settings)]
        findings.show_outcomes(outcomes)


@app.command(epilog="Example: churn transforms check")
def check(verbose: Verbose = False) -> None:
    """Compare what readers see of every published day with its scores, and repair days that differ."""
    with told_in_one_line(verbose):
        from churn.stages import one_pipeline, transforms
        from churn.terminal import watching
        from churn.terminal.display import findings

        watching.quieten(verbose)
        settings = load_settings()
        with one_pipeline(settings):
            outcome = transforms.check_every_day(settings)
        findings.show_outcomes([outcome])

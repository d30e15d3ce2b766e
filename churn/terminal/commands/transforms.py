"""The commands of the SQL models: apply a change, compare every published day with its scores."""

from typing import TYPE_CHECKING, Annotated

import typer

from churn.settings import load_settings
from churn.shell.options import AsJson, Verbose
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

if TYPE_CHECKING:
    from churn.settings import Settings
    from churn.stages import Outcome

app = typer.Typer(help="Change the SQL models safely.", no_args_is_help=True, cls=HelpfulGroup)
TASK = "Commands"


@command(app, TASK, "churn transforms apply --yes")
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Apply the change without asking.")] = False,
    verbose: Verbose = False,
) -> None:
    """Lint and test the SQL models, show the change, ask, apply it, and compare every published day."""
    with quiet_command(verbose):
        from churn.stages import transforms
        from churn.terminal.display import findings

        settings = load_settings()
        change = transforms.describe_change(settings)
        findings.show_change(change)
        if change.changed and not yes:
            _confirm()
        findings.show_outcomes(_apply(settings))


def _confirm() -> None:
    from churn.errors import WrongUsage

    if not typer.get_text_stream("stdin").isatty():
        raise WrongUsage(
            "The change needs a confirmation, and no terminal is attached.", "run `churn transforms apply --yes`."
        )
    typer.confirm("Apply the change?", abort=True)


def _apply(settings: "Settings") -> "list[Outcome]":
    """Deploys the models and compares every published day; no other pipeline may run meanwhile."""
    from churn.stages import one_pipeline, transforms

    with one_pipeline(settings):
        return [transforms.deploy_models(settings), transforms.check_every_day(settings)]


@command(app, TASK, "churn transforms check --json")
def check(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Compare every published day, as readers see it, with its scores, and repair the days that differ."""
    with quiet_command(verbose):
        from churn.stages import one_pipeline, transforms
        from churn.terminal.display import findings
        from churn.terminal.standard_output import print_json

        settings = load_settings()
        with one_pipeline(settings):
            outcome = transforms.check_every_day(settings)
        if as_json:
            print_json(outcome)
            return
        findings.show_outcomes([outcome])

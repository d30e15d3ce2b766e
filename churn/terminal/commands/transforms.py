"""The commands of the SQL models: apply a change, compare every published day with its scores."""

from typing import TYPE_CHECKING, Annotated

import typer

from churn.shell.options import AsJson, Verbose
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

if TYPE_CHECKING:
    from churn.stages import Outcome
    from churn.stores.workplace import Workplace

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
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import findings

        with open_workplace() as workplace:
            change = transforms.describe_change(workplace)
            findings.show_change(change)
            if change.changed and not yes:
                _confirm()
            findings.show_outcomes(_apply(workplace))


def _confirm() -> None:
    from churn.errors import WrongUsage

    if not typer.get_text_stream("stdin").isatty():
        raise WrongUsage(
            "The change needs a confirmation, and no terminal is attached.", "run `churn transforms apply --yes`."
        )
    typer.confirm("Apply the change?", abort=True)


def _apply(workplace: "Workplace") -> "list[Outcome]":
    """Deploys the models and compares every published day; no other pipeline may run meanwhile."""
    from churn.stages import one_pipeline, transforms

    with one_pipeline(workplace):
        return [transforms.deploy_models(workplace), transforms.check_every_day(workplace)]


@command(app, TASK, "churn transforms check --json")
def check(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Compare every published day, as readers see it, with its scores, and repair the days that differ."""
    with quiet_command(verbose):
        from churn.stages import one_pipeline, transforms
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import findings
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace, one_pipeline(workplace):
            outcome = transforms.check_every_day(workplace)
        if as_json:
            print_json(outcome)
            return
        findings.show_outcomes([outcome])

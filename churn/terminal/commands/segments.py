"""The commands about what customers have in common, and why customers leave."""

from typing import Annotated

import typer

from churn.shell.options import AsJson, Verbose
from churn.terminal.commands.daily import TASK
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()


@command(app, TASK, "churn segments", "churn segments --refit", "churn segments --json")
def segments(
    refit: Annotated[
        bool, typer.Option("--refit", help="Make new segments from the latest loaded date; the next score has them.")
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show the segments of customers who are alike: how many they are, their risk, and what they have in common."""
    with quiet_command(verbose):
        from churn.reporting.segments import read_segment_report, refit_segments
        from churn.stages import one_pipeline
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.segments import show_segments
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            if refit:
                with one_pipeline(workplace):
                    made = refit_segments(workplace)
                typer.echo(f"{made[:1].upper()}{made[1:]}.", err=as_json)
            report = read_segment_report(workplace)
        if as_json:
            print_json(report)
        else:
            show_segments(report)


@command(app, TASK, "churn reasons", "churn reasons --retrain", "churn reasons --json")
def reasons(
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Learn them again; the next score has them.", show_default=False)
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show the reasons that leavers stated, and whether the columns of the extract predict them."""
    with quiet_command(verbose):
        from churn.reporting.leaving_reasons import read_reasons, retrain_reasons
        from churn.stages import one_pipeline
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.leaving_reasons import show_reasons
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            if retrain:
                with one_pipeline(workplace):
                    retrain_reasons(workplace)
            known = read_reasons(workplace)
        if as_json:
            print_json(known)
        else:
            show_reasons(known)

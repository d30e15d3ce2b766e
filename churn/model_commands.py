"""The commands about models: train, evaluate, look at versions, decide who is champion."""

from datetime import date
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.terminal import Verbose, parse_date, told_in_one_line

app = typer.Typer()
model_app = typer.Typer(help="Look at model versions and decide who is champion.", no_args_is_help=True)
app.add_typer(model_app, name="model", rich_help_panel="The model")

LatestAsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=parse_date, help="Examples of this date; the latest loaded one.", metavar="DATE"),
]


@app.command(rich_help_panel="The model")
def evaluate(
    splits: Annotated[int, typer.Option(min=2, help="Random 70/10/20 splits to train and test on.")] = 30,
    as_of: LatestAsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
    verbose: Verbose = False,
) -> None:
    """Measure the training procedure on many splits: mean, sd, paired differences."""
    with told_in_one_line(verbose):
        from churn import watch
        from churn.learning.params import ModelParams
        from churn.stages.evaluation import evaluate_training

        with watch.counting("Train and test", splits, verbose) as count:
            summary = evaluate_training(load_settings(), as_of, ModelParams(), splits, count)
        if as_json:
            import json

            typer.echo(json.dumps(summary, indent=2))
            return
        from churn import display_learning

        display_learning.show_evaluation(summary)


@app.command(rich_help_panel="The model")
def train(
    as_of: LatestAsOf = None,
    retrain: Annotated[bool, typer.Option(help="Train even when nothing changed since the last training.")] = False,
    verbose: Verbose = False,
) -> None:
    """Train the candidates, register the best, let the gate decide."""
    with told_in_one_line(verbose):
        from churn import watch
        from churn.learning.params import ModelParams
        from churn.stages import one_pipeline
        from churn.stages.learning import find_training_day, train_models

        settings = load_settings()
        watch.quieten(verbose)
        with one_pipeline(settings):
            day = find_training_day(settings, as_of)
            outcome = train_models(settings, day, ModelParams(), retrain)
        typer.echo(f"{'skipped: ' if outcome.is_skipped else ''}{outcome.summary}")


@model_app.command("list")
def model_list(verbose: Verbose = False) -> None:
    """Show every model version with its test figures and what was decided."""
    with told_in_one_line(verbose):
        from churn import display_learning
        from churn.stages import models

        settings = load_settings()
        display_learning.show_models(models.read_models(settings), models.find_champion_version(settings))


@model_app.command("history")
def model_history(verbose: Verbose = False) -> None:
    """Show the ledger: who became champion, when, why, against what."""
    with told_in_one_line(verbose):
        from churn import display_learning
        from churn.stages.models import read_history

        display_learning.show_history(read_history(load_settings()))


Why = Annotated[str, typer.Option("--why", help="The reason, for the ledger.", metavar="TEXT")]


@model_app.command("promote")
def model_promote(version: Annotated[int, typer.Argument(min=1)], why: Why, verbose: Verbose = False) -> None:
    """Make a version the champion, whatever the gate said of it."""
    with told_in_one_line(verbose):
        from churn.stages.models import promote_version

        typer.echo(promote_version(load_settings(), version, why).summary)


@model_app.command("rollback")
def model_rollback(why: Why = "rolled back", verbose: Verbose = False) -> None:
    """Undo the last change of champion."""
    with told_in_one_line(verbose):
        from churn.stages.models import roll_back

        typer.echo(roll_back(load_settings(), why).summary)

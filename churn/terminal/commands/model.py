"""The commands about models: train, evaluate, look at versions, decide who is champion."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose, parse_date

if TYPE_CHECKING:
    from churn.learning.params import Family, ModelParams
    from churn.settings import Settings

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
        from churn.learning.params import ModelParams
        from churn.reporting.evaluation import evaluate_training
        from churn.terminal import watching

        with watching.counting("Train and test", splits, verbose) as count:
            summary = evaluate_training(load_settings(), as_of, ModelParams(), splits, count)
        if as_json:
            import json

            typer.echo(json.dumps(summary, indent=2))
            return
        from churn.terminal.display import evidence

        evidence.show_evaluation(summary)


@app.command(rich_help_panel="The model")
def train(
    as_of: LatestAsOf = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Search for better settings first; a stopped search goes on.")
    ] = False,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each model family, earlier ones counted.")] = 30,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds for the whole search.", metavar="SECONDS")] = 600,
    select: Annotated[bool, typer.Option("--select", help="Leave out features the models do not miss.")] = False,
    retrain: Annotated[bool, typer.Option(help="Train even when nothing changed since the last training.")] = False,
    verbose: Verbose = False,
) -> None:
    """Train the candidates, register the best, let the gate decide."""
    with told_in_one_line(verbose):
        from churn.learning.params import ModelParams
        from churn.stages import one_pipeline
        from churn.stages.learning import find_training_day, train_models
        from churn.terminal import watching

        settings = load_settings()
        watching.quieten(verbose)
        with one_pipeline(settings):
            day, params = find_training_day(settings, as_of), ModelParams()
            params = _tune(settings, day, params, trials, timeout, verbose) if tune else params
            params = _select(settings, day, params, verbose) if select else params
            outcome = train_models(settings, day, params, retrain)
        typer.echo(f"{'skipped: ' if outcome.is_skipped else ''}{outcome.summary}")


def _tune(
    settings: "Settings", day: date, params: "ModelParams", trials: int, timeout: int, verbose: bool
) -> "ModelParams":
    """Tunes with a bar, and tells what was found."""
    from churn.learning.params import FAMILIES
    from churn.stages.searching import tune_params
    from churn.terminal import watching

    done = dict.fromkeys(FAMILIES, 0)
    with watching.counting("Try settings", trials * len(FAMILIES), verbose) as count:

        def after_trial(family: "Family", number: int) -> None:
            done[family] = number
            count(sum(done.values()))

        best = tune_params(settings, day, params, trials, timeout, after_trial)
    changed = {name: value for name, value in vars(best).items() if value != getattr(params, name)}
    found = ", ".join(f"{name} {value:.4g}" for name, value in changed.items())
    typer.echo(f"tuned: {found or 'nothing better found'}")
    return best


def _select(settings: "Settings", day: date, params: "ModelParams", verbose: bool) -> "ModelParams":
    """Leaves features out with a bar, and tells which."""
    from churn.stages.searching import prune_params
    from churn.terminal import watching

    with watching.counting("Try without", len(params.features()) - 1, verbose) as count:
        smallest = prune_params(settings, day, params, count)
    typer.echo(f"left out: {', '.join(smallest.left_out) or 'nothing'}")
    return smallest


@model_app.command("list")
def model_list(verbose: Verbose = False) -> None:
    """Show every model version with its test figures and what was decided."""
    with told_in_one_line(verbose):
        from churn.reporting import models
        from churn.terminal.display import evidence

        settings = load_settings()
        evidence.show_models(models.read_models(settings), models.find_champion_version(settings))


@model_app.command("history")
def model_history(verbose: Verbose = False) -> None:
    """Show the ledger: who became champion, when, why, against what."""
    with told_in_one_line(verbose):
        from churn.reporting.models import read_history
        from churn.terminal.display import evidence

        evidence.show_history(read_history(load_settings()))


Why = Annotated[str, typer.Option("--why", help="The reason, for the ledger.", metavar="TEXT")]


@model_app.command("promote")
def model_promote(version: Annotated[int, typer.Argument(min=1)], why: Why, verbose: Verbose = False) -> None:
    """Make a version the champion, whatever the gate said of it."""
    with told_in_one_line(verbose):
        from churn.reporting.models import promote_version

        typer.echo(promote_version(load_settings(), version, why).summary)


@model_app.command("rollback")
def model_rollback(why: Why = "rolled back", verbose: Verbose = False) -> None:
    """Undo the last change of champion."""
    with told_in_one_line(verbose):
        from churn.reporting.models import roll_back

        typer.echo(roll_back(load_settings(), why).summary)

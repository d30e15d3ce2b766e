"""The commands about models: train, evaluate, list versions, decide who is champion."""

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from churn.shell.options import AsJson, Verbose, parse_date
from churn.shell.person import Person, find_person
from churn.terminal.asking import confirm
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from churn.learning.params import Family, ModelParams
    from churn.stores.workplace import Workplace

TASK = "Models"
app = typer.Typer()
model_app = typer.Typer(help="List model versions and change the champion.", no_args_is_help=True, cls=HelpfulGroup)

ExamplesDate = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=parse_date, help="Date of the examples (default: the latest loaded date).", metavar="DATE"
    ),
]


@command(app, TASK, "churn train", "churn train --tune --trials 50 --timeout 1200", "churn train --json")
def train(
    as_of: ExamplesDate = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Search for better settings first; a stopped search continues.")
    ] = False,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials of each model family, counting those of a stopped search.", metavar="N")
    ] = 30,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds for the whole search.", metavar="SECONDS")] = 600,
    select: Annotated[
        bool, typer.Option("--select", help="Leave out the features that the models do not need.")
    ] = False,
    retrain: Annotated[
        bool, typer.Option(help="Train even if nothing has changed since the last training.", show_default=False)
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Train the candidates, register the best one, and let the gate decide whether it becomes the champion."""
    with quiet_command(verbose):
        from churn.reporting.models import read_history
        from churn.stages import one_pipeline
        from churn.stages.learning import find_training_day, train_in_steps, train_models
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import evidence, findings
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace, one_pipeline(workplace):
            day = find_training_day(workplace, as_of)
            outcome = train_in_steps(
                partial(_tune, workplace, day, trials=trials, timeout=timeout, quiet=as_json) if tune else None,
                partial(_select, workplace, day, quiet=as_json) if select else None,
                partial(train_models, workplace, day, retrain=retrain),
            )
            # Inside the lock, so that the last decision is about this training.
            decision = None if outcome.is_skipped else read_history(workplace)[-1]
        if as_json:
            print_json({"outcome": outcome, "decision": evidence.as_document(decision) if decision else None})
            return
        typer.echo(evidence.decision_sentence(decision) if decision else findings.outcome_sentence(outcome))


def _tune(
    workplace: "Workplace", day: date, params: "ModelParams", trials: int, timeout: int, quiet: bool
) -> "ModelParams":
    """Tunes behind a progress bar and says which settings are better; on standard error when the output is data."""
    from churn.learning.params import FAMILIES
    from churn.stages.searching import tune_params
    from churn.terminal.display.stages import counting

    done = dict.fromkeys(FAMILIES, 0)
    with counting("Try settings", trials * len(FAMILIES)) as count:

        def after_trial(family: "Family", number: int) -> None:
            done[family] = number
            count(sum(done.values()))

        best = tune_params(workplace, day, params, trials, timeout, after_trial)
    changed = {name: value for name, value in vars(best).items() if value != getattr(params, name)}
    better = ", ".join(f"{name} {value:.4g}" for name, value in changed.items())
    typer.echo(f"The search chose {better}." if better else "The search found no better settings.", err=quiet)
    return best


def _select(workplace: "Workplace", day: date, params: "ModelParams", quiet: bool) -> "ModelParams":
    """Leaves features out behind a progress bar and says which; on standard error when the output is data."""
    from churn.stages.searching import prune_params
    from churn.terminal.display.stages import counting

    with counting("Try without", len(params.features()) - 1) as count:
        smallest = prune_params(workplace, day, params, count)
    left_out = ", ".join(smallest.left_out)
    typer.echo(f"These features are left out: {left_out}." if left_out else "Every feature is needed.", err=quiet)
    return smallest


@command(app, TASK, "churn evaluate --splits 10", "churn evaluate --json")
def evaluate(
    splits: Annotated[
        int, typer.Option(min=2, help="Number of random 70/10/20 splits to train and test on.", metavar="N")
    ] = 30,
    as_of: ExamplesDate = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Measure the training procedure on many splits: mean, standard deviation, paired differences."""
    with quiet_command(verbose):
        from churn.learning.params import ModelParams
        from churn.reporting.evaluation import evaluate_training
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.stages import counting
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace, counting("Train and test", splits) as count:
            evaluated = evaluate_training(workplace, as_of, ModelParams(), splits, count)
        if as_json:
            print_json(evaluated)
            return
        from churn.terminal.display import evaluation

        evaluation.show_evaluation(evaluated)


app.add_typer(model_app, name="model", rich_help_panel=TASK)  # after train and evaluate: the order of the help


@command(model_app, "Commands", "churn model list --json", name="list")
def model_list(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show every model version, newest first, with its test result and the decision on it."""
    with quiet_command(verbose):
        from churn.reporting import models
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import evidence
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            decisions, champion = models.read_models(workplace), models.find_champion_version(workplace)
        if as_json:
            print_json(
                [evidence.as_document(one) | {"is_champion": one.model_version == champion} for one in decisions]
            )
            return
        evidence.show_models(decisions, champion)


@command(model_app, "Commands", "churn model history --json", name="history")
def model_history(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show every decision, oldest first: which version became champion, when, why, and against which version."""
    with quiet_command(verbose):
        from churn.reporting.models import read_history
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import evidence
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            decisions = read_history(workplace)
        if as_json:
            print_json([evidence.as_document(decision) for decision in decisions])
            return
        evidence.show_history(decisions)


@command(model_app, "Commands", "churn model card > card.md", "churn model card 3", name="card")
def model_card(
    version: Annotated[
        int | None, typer.Argument(min=1, help="Model version (default: the champion).", metavar="VERSION")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Print the card of a model version as Markdown: use, training, figures, decision, and what it does not know."""
    with quiet_command(verbose):
        from churn.reporting.documents import write_model_card
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            typer.echo(write_model_card(workplace, version), nl=False)


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


@command(model_app, "Commands", 'churn model promote 3 --why "the gate ignores the new tariffs"', name="promote")
def model_promote(
    version: Annotated[int, typer.Argument(min=1, help="Model version.", metavar="VERSION")],
    why: Annotated[str, typer.Option("--why", help="The reason, which the history keeps.", metavar="TEXT")],
    by: Person = None,
    yes: Yes = False,
    verbose: Verbose = False,
) -> None:
    """Make a version the champion, whatever the gate decided about it. The command says what changes, and asks."""
    with quiet_command(verbose):
        _promote(lambda _: version, why, by, yes, f'churn model promote {version} --why "..." --yes')


@command(model_app, "Commands", 'churn model rollback --why "version 4 misses leavers on fiber"', name="rollback")
def model_rollback(
    why: Annotated[
        str, typer.Option("--why", help="The reason, which the history keeps.", metavar="TEXT")
    ] = "rolled back",
    by: Person = None,
    yes: Yes = False,
    verbose: Verbose = False,
) -> None:
    """Make the version before the current champion the champion again. The command says what changes, and asks."""
    with quiet_command(verbose):
        from churn.reporting.models import find_previous_champion

        _promote(find_previous_champion, why, by, yes, "churn model rollback --yes")


def _promote(choose: "Callable[[Workplace], int]", why: str, by: str | None, yes: bool, unasked: str) -> None:
    """Shows what a promotion by hand changes, asks, and makes it."""
    from churn.reporting import models
    from churn.stores.workplace import open_workplace
    from churn.terminal.display.findings import outcome_sentence

    with open_workplace() as workplace:
        succession = models.plan_promotion(workplace, choose(workplace), why, by or find_person())
        for sentence in succession.sentences():
            typer.echo(sentence)
        if not yes:
            confirm("Make it the champion?", unasked)
        typer.echo(outcome_sentence(models.promote_by_hand(workplace, succession)))

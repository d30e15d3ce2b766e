"""The daily flow: from one extract to an audited, published list of the customers who are likely to leave.

uv run python -m flows.churn_pipeline --source extract.csv --as-of 2026-11-22
"""

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import flow, task
from prefect.runtime import flow_run

from churn.parameters import Day, Source
from churn.settings import load_settings
from churn.stages import Outcome, one_pipeline
from flows.attempts import Attempts, learn_or_keep, score_and_warn
from flows.backfill import publish_history, rebuild_features, score_history
from flows.policy import stage_policy
from flows.runs import flow_policy, is_scheduled, run_date, tell_notes
from flows.transforming import audit_transforms, check_published, deploy_models, run_transforms

if TYPE_CHECKING:
    from churn.stages.planning import Plan


@task(**stage_policy(), task_run_name="plan_run")
def plan_run(source: str | None, as_of: date | None, due: date) -> "Plan":
    """Finds the extracts of the run, and the files and dates that it leaves out."""
    from churn.stages import planning

    return planning.plan_run(load_settings(), source, as_of, due)


@task(**stage_policy(), task_run_name="load_extract {as_of}")
def load_extract(source: str, as_of: date, mapping: Path | None = None) -> Outcome:
    """Checks the rows of an extract by the contract and copies them into raw_data, with a line in the ledger."""
    from churn.stages import intake

    return intake.load_extract(load_settings(), source, as_of, mapping)


@task(**stage_policy(), task_run_name="validate_extract {as_of}")
def validate_extract(as_of: date) -> Outcome:
    """Checks that the rows in the database agree with the ledger."""
    from churn.stages import intake

    return intake.validate_extract(load_settings(), as_of)


@task(**stage_policy(), task_run_name="train_models {as_of}")
def train_models(as_of: date, retrain: bool) -> Outcome:
    """Trains and compares the candidates, registers the best, and writes the decision of the gate to the ledger."""
    from churn.learning.params import ModelParams
    from churn.stages import learning

    return learning.train_models(load_settings(), as_of, ModelParams(), retrain)


@task(**stage_policy(), task_run_name="score_customers {as_of}")
def score_customers(as_of: date) -> Outcome:
    """Scores every customer of the date with the champion, and stages the scores."""
    return score_and_warn(as_of, str(flow_run.id))


@task(**stage_policy(), task_run_name="publish {as_of}")
def publish(as_of: date) -> Outcome:
    """Checks the money of the date and publishes it."""
    from churn.stages import scoring

    return scoring.publish(load_settings(), as_of)


STAGES = (load_extract, validate_extract, run_transforms, audit_transforms, train_models, score_customers, publish)
PAST_STAGES = (rebuild_features, score_history, publish_history)
"""The stages of the dates before the newest: missed dates, and dates whose extract was corrected."""
AROUND_STAGES = (deploy_models, check_published)
"""The first stage of a run of several dates or no date, and the last stage of every run."""


@flow(name="churn_pipeline", **flow_policy())
def churn_pipeline(
    source: Source | None = None, as_of: Day | None = None, retrain: bool = False, mapping: Path | None = None
) -> list[Outcome]:
    """Loads an extract, or each new extract of a folder in order of date, then trains, scores and publishes.

    Args:
        source: a CSV (or .csv.gz) or Parquet file with the 21 columns of data/README.md, a file: or http(s): address,
            or a folder of daily files with the date in each name (default: synthetic customers, labelled as such).
        as_of: the business date of the extract (default: the scheduled date, in UTC; for a folder, every new date).
        retrain: train even if a model was trained on these examples and settings before.
        mapping: a TOML file that describes how the extract differs from the public names and words.
    """
    from churn.stages import planning

    settings = load_settings()
    with one_pipeline(settings):
        plan = plan_run(source, as_of, run_date())
        tell_notes(plan.notes)
        outcomes = run_days(plan, retrain, mapping)
        if is_scheduled() and as_of is None:
            planning.check_arrived(settings, source, run_date())
        return outcomes


def run_days(plan: "Plan", retrain: bool, mapping: Path | None) -> list[Outcome]:
    """Runs all dates: loads all extracts, trains on the newest, then scores and publishes each date, in order.

    A refused date or a file that is left out fails the run, but only at its end: the other dates are published first.
    """
    from churn.stages import history

    settings, run, days = load_settings(), Attempts(), plan.days
    if len(days) != 1:  # With a single day run_transforms deploys: only after its extract has passed the contract.
        deploy_models()
    if not days:
        check_published([])
        return run.finish(plan.refusal)
    taken = [day for extract, day in days if run.attempt(*take_in(extract, day, mapping))]
    portions, newest = history.part_days(settings, taken)
    past = [day for portion in portions for day in run.attempt_days(portion, rebuild_features)]
    is_learned = newest is not None and run.attempt(*learn(newest, retrain))
    for portion in history.plan_days(settings, past).portions:
        run.attempt_days(portion, score_history, publish_history)
    if is_learned:
        run.attempt(partial(score_customers, newest), partial(publish, newest))
    run.attempt(partial(check_published, taken))
    return run.finish(plan.refusal)


def take_in(extract: str, as_of: date, mapping: Path | None) -> list[partial[Outcome]]:
    """Returns the stages that load an extract into the database."""
    return [partial(load_extract, extract, as_of, mapping), partial(validate_extract, as_of)]


def learn(as_of: date, retrain: bool) -> list[partial[Outcome]]:
    """Returns the stages from a snapshot to a champion."""
    return [
        partial(run_transforms, as_of),
        partial(audit_transforms, as_of),
        partial(learn_or_keep, partial(train_models, as_of, retrain)),
    ]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(churn_pipeline)

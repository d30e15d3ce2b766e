"""The daily flow: from one extract to an audited, published list of the customers who are likely to leave.

uv run python -m flows.churn_pipeline --source extract.csv --as-of 2026-11-22
"""

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import flow, task

from churn.parameters import Day, Source
from churn.stages import Outcome, Unfinished, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.attempts import Attempts, learn_or_keep, publish_if_sound, score_and_warn
from flows.backfill import publish_history, rebuild_features, score_history
from flows.monitoring import judge_matured, watch_newest
from flows.policy import stage_policy
from flows.runs import flow_policy, is_scheduled, release_named, run_date, tell_notes
from flows.score import publish, score_customers
from flows.train import train_models
from flows.transforming import audit_transforms, check_published, deploy_models, run_transforms

if TYPE_CHECKING:
    from churn.stages.planning import Plan


@task(**stage_policy(), task_run_name="plan_run")
def plan_run(workplace: Workplace, source: str | None, as_of: date | None, due: date) -> "Plan":
    """Finds the extracts of the run, and the files and dates that it leaves out."""
    from churn.stages import planning

    return planning.plan_run(workplace, source, as_of, due)


@task(**stage_policy(), task_run_name="load_extract {as_of}")
def load_extract(workplace: Workplace, source: str, as_of: date, declaration: Path | None = None) -> Outcome:
    """Checks the rows of an extract by the contract and copies them into raw_data, with a line in the ledger."""
    from churn.stages import intake

    return intake.load_extract(workplace, source, as_of, declaration)


@task(**stage_policy(), task_run_name="validate_extract {as_of}")
def validate_extract(workplace: Workplace, as_of: date) -> Outcome:
    """Checks that the rows in the database agree with the ledger."""
    from churn.stages import intake

    return intake.validate_extract(workplace, as_of)


STAGES = (load_extract, validate_extract, run_transforms, audit_transforms, train_models, score_customers, publish)
PAST_STAGES = (rebuild_features, score_history, publish_history)
"""The stages of the dates before the newest: missed dates, and dates whose extract was corrected."""
AROUND_STAGES = (deploy_models, judge_matured, watch_newest, check_published)
"""The first stage of a run of several dates or no date, and the last stages of every run."""


@flow(name="churn_pipeline", **flow_policy())
def churn_pipeline(
    source: Source | None = None,
    as_of: Day | None = None,
    retrain: bool = False,
    declaration: Path | None = None,
    mapping: Path | None = None,
) -> list[Outcome]:
    """Loads an extract, or each new extract of a folder in order of date, then trains, scores and publishes.

    Args:
        source: a CSV (or .csv.gz) or Parquet file with the 21 columns of data/README.md, a file: or http(s): address,
            or a folder of daily files with the date in each name (default: synthetic customers, labelled as such).
        as_of: the business date of the extract (default: the scheduled date, in UTC; for a folder, every new date).
        retrain: train even if a model was trained on these examples and settings before.
        declaration: a TOML file that says what the extract holds; it stays in force for later runs (default: the one
            in force, or the columns of data/README.md).
        mapping: the earlier name of `declaration`.
    """
    from churn.intake.declaring import adopt
    from churn.stages import planning

    with open_workplace() as workplace, one_pipeline(workplace):
        release_named(workplace, as_of, "churn run")
        chosen = declaration or mapping
        adopt(workplace.settings, chosen)  # Before the SQL models are loaded: they read it.
        plan = plan_run(workplace, source, as_of, run_date())
        tell_notes(plan.notes)
        outcomes = run_days(workplace, plan, retrain, chosen)
        if is_scheduled() and as_of is None:
            planning.check_arrived(workplace, source, run_date())
        return outcomes


def run_days(workplace: Workplace, plan: "Plan", retrain: bool, declaration: Path | None) -> list[Outcome]:
    """Runs all dates: loads all extracts, trains on the newest, then scores and publishes each date, in order.

    A refused date or a file that is left out fails the run, but only at its end: the other dates are published first.
    """
    from churn.learning.params import ModelParams
    from churn.stages import asking, past_days, retraining

    run, days = Attempts(), plan.days
    if len(days) != 1:  # With a single day run_transforms deploys: only after its extract has passed the contract.
        deploy_models(workplace)
    if not days:
        check_published(workplace, [])
        return run.finish(plan.refusal)
    taken = [day for extract, day in days if run.attempt(*take_in(workplace, extract, day, declaration))]
    portions, newest = past_days.part_days(workplace, taken)
    past = [day for portion in portions for day in run.attempt_days(workplace, portion, rebuild_features)]
    is_learned = newest is not None and run.attempt(*learn(workplace, newest, retrain))
    for portion in past_days.plan_days(workplace, past).portions:
        run.attempt_days(workplace, portion, score_history, publish_history)
    if newest is not None and is_learned:
        scored = partial(score_customers, workplace, newest)
        shown = partial(publish_if_sound, workplace, newest, partial(publish, workplace, newest))
        run.attempt(partial(score_and_warn, workplace, newest, scored), shown)
    run.attempt(*(partial(stage, workplace) for stage in (judge_matured, watch_newest)))
    if newest is not None and (why := retraining.find_reason(workplace)):
        tell_notes([why])
        run.attempt(partial(learn_or_keep, workplace, partial(train_models, workplace, newest, ModelParams(), True)))
    run.attempt(partial(check_published, workplace, taken))
    outcomes = run.finish(plan.refusal)
    if taken and not any(isinstance(outcome, Unfinished) for outcome in outcomes):
        asking.remember_run(workplace, taken[-1])
    return outcomes


def take_in(workplace: Workplace, extract: str, as_of: date, declaration: Path | None) -> list[partial[Outcome]]:
    """Returns the stages that load an extract into the database."""
    return [partial(load_extract, workplace, extract, as_of, declaration), partial(validate_extract, workplace, as_of)]


def learn(workplace: Workplace, as_of: date, retrain: bool) -> list[partial[Outcome]]:
    """Returns the stages from a snapshot to a champion."""
    from churn.learning.params import ModelParams

    return [
        partial(run_transforms, workplace, as_of),
        partial(audit_transforms, workplace, as_of),
        partial(learn_or_keep, workplace, partial(train_models, workplace, as_of, ModelParams(), retrain)),
    ]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(churn_pipeline)

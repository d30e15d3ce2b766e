"""The daily flow: one extract in, one published and audited list of who is likely to leave out.

uv run python -m flows.churn_pipeline --source extract.csv --as-of 2026-11-22
"""

from datetime import date
from functools import partial
from pathlib import Path

from prefect import flow, task
from prefect.runtime import flow_run

from churn.parameters import Day, Source
from churn.settings import load_settings
from churn.stages import Outcome, one_pipeline
from flows.attempts import Attempts, learn_or_keep
from flows.backfill import publish_history, rebuild_features, score_history
from flows.policy import stage_policy
from flows.runs import flow_policy, is_scheduled, run_date, tell_notes
from flows.transforming import audit_transforms, check_published, deploy_models, run_transforms


@task(**stage_policy(), task_run_name="load_extract {as_of}")
def load_extract(source: str, as_of: date, mapping: Path | None = None) -> Outcome:
    """Contract at the door, then COPY into raw_data with a line in the ledger."""
    from churn.stages import intake

    return intake.load_extract(load_settings(), source, as_of, mapping)


@task(**stage_policy(), task_run_name="validate_extract {as_of}")
def validate_extract(as_of: date) -> Outcome:
    """The database holds what the ledger says."""
    from churn.stages import intake

    return intake.validate_extract(load_settings(), as_of)


@task(**stage_policy(), task_run_name="train_models {as_of}")
def train_models(as_of: date, retrain: bool) -> Outcome:
    """Candidates trained and compared, the best registered, the gate's decision in the ledger."""
    from churn.learning.params import ModelParams
    from churn.stages import learning

    return learning.train_models(load_settings(), as_of, ModelParams(), retrain)


@task(**stage_policy(), task_run_name="score_customers {as_of}")
def score_customers(as_of: date) -> Outcome:
    """Every customer of the date scored by the champion, staged."""
    from churn.stages import scoring

    return scoring.score_customers(load_settings(), as_of, str(flow_run.id))


@task(**stage_policy(), task_run_name="publish {as_of}")
def publish(as_of: date) -> Outcome:
    """Money invariants hold; the date is shown to readers."""
    from churn.stages import scoring

    return scoring.publish(load_settings(), as_of)


STAGES = (load_extract, validate_extract, run_transforms, audit_transforms, train_models, score_customers, publish)
PAST_STAGES = (rebuild_features, score_history, publish_history)
"""What makes the dates before the newest: missed ones, and old ones whose extract was corrected."""
AROUND_STAGES = (deploy_models, check_published)
"""What runs of no date, or of several, begin with; and what every run ends with."""


@flow(name="churn_pipeline", **flow_policy())
def churn_pipeline(
    source: Source | None = None, as_of: Day | None = None, retrain: bool = False, mapping: Path | None = None
) -> list[Outcome]:
    """Takes an extract, or each new one of a folder in order of date, to a published date.

    Args:
        source: a CSV (or .csv.gz) or Parquet file with the 21 columns of data/README.md, a file: or http(s): address,
            or a folder of daily files named by their date. Left out: made-up customers, labelled as such.
        as_of: its business date; when left out the date the run was scheduled for (UTC), in a folder every date that
            is not published yet.
        retrain: train even when these examples and settings were trained on before.
        mapping: a TOML file that says how the extract differs from the public names and words.
    """
    from churn.stages import planning

    settings = load_settings()
    with one_pipeline(settings):
        plan = planning.plan_run(settings, source, as_of, run_date())
        tell_notes(plan.notes)
        outcomes = run_days(plan.days, retrain, mapping)
        if is_scheduled() and as_of is None:
            planning.check_arrived(settings, source, run_date())
        return outcomes


def run_days(days: list[tuple[str, date]], retrain: bool, mapping: Path | None) -> list[Outcome]:
    """Every date of a run: all taken in, the newest learned from, then each scored and shown, in order.

    A refused date fails the run, but only after the others, whose extracts may be sound.
    """
    from churn.stages import history

    settings, run = load_settings(), Attempts()
    if len(days) != 1:  # The stages of a single day deploy, once its extract is known to be sound.
        deploy_models()
    if not days:
        check_published([])
        return []
    taken = [day for extract, day in days if run.attempt(*take_in(extract, day, mapping))]
    portions, newest = history.part_days(settings, taken)
    past = [day for portion in portions for day in run.attempt_days(portion, rebuild_features)]
    is_learned = newest is not None and run.attempt(*learn(newest, retrain))
    for portion in history.plan_days(settings, past).portions:
        run.attempt_days(portion, score_history, publish_history)
    if is_learned:
        run.attempt(partial(score_customers, newest), partial(publish, newest))
    run.attempt(partial(check_published, taken))
    return run.finish()


def take_in(extract: str, as_of: date, mapping: Path | None) -> list[partial[Outcome]]:
    """The stages that bring an extract into the database."""
    return [partial(load_extract, extract, as_of, mapping), partial(validate_extract, as_of)]


def learn(as_of: date, retrain: bool) -> list[partial[Outcome]]:
    """The stages from a snapshot to a champion."""
    return [
        partial(run_transforms, as_of),
        partial(audit_transforms, as_of),
        partial(learn_or_keep, partial(train_models, as_of, retrain)),
    ]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(churn_pipeline)

"""Scores and publishes one date whose features and model exist already.

uv run python -m flows.score --as-of 2026-11-22
"""

from datetime import date

from prefect import flow, task
from prefect.runtime import flow_run

from churn.parameters import Day, Version
from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy, release_named
from flows.transforming import check_published, deploy_models


@task(**stage_policy(), task_run_name="score_customers {as_of}")
def score_customers(workplace: Workplace, as_of: date, model: int | None = None) -> Outcome:
    """Scores every customer of the date (default: with the champion), and stages the scores."""
    from churn.stages import scoring

    return scoring.score_customers(workplace, as_of, str(flow_run.id), model)


@task(**stage_policy(), task_run_name="publish {as_of}")
def publish(workplace: Workplace, as_of: date) -> Outcome:
    """Checks the money of the date and publishes it."""
    from churn.stages import scoring

    return scoring.publish(workplace, as_of)


STAGES = (deploy_models, score_customers, publish, check_published)


@flow(name="score", **flow_policy())
def score(as_of: Day | None = None, model: Version | None = None) -> list[Outcome]:
    """Scores the customers of a date, audits the scores and publishes them.

    Args:
        as_of: a date whose extract is loaded (default: the latest).
        model: version of the model (default: the champion).
    """
    from churn.stages import scoring

    with open_workplace() as workplace, one_pipeline(workplace):
        release_named(workplace, as_of, "churn score")
        day = as_of or scoring.find_latest_day(workplace)
        return [
            deploy_models(workplace),
            score_customers(workplace, day, model),
            publish(workplace, day),
            check_published(workplace, [day]),
        ]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(score)

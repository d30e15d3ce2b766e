"""History: the days before, as far as they can be known, scored and published.

uv run python -m flows.backfill --days 60
"""

from datetime import date
from typing import TYPE_CHECKING

from prefect import flow, task
from prefect.runtime import flow_run

from churn.parameters import Day, Days
from churn.settings import load_settings
from churn.stages import Outcome, one_pipeline
from flows.policy import stage_policy
from flows.runs import flow_policy
from flows.transforming import check_published, deploy_models

if TYPE_CHECKING:
    from churn.stages.history import Backfill


@task(**stage_policy(), task_run_name="plan_backfill")
def plan_backfill(days: int, until: date | None) -> "Backfill":
    """The days that are missing, in the portions in which they are made."""
    from churn.stages import history

    return history.plan_backfill(load_settings(), days, until)


@task(**stage_policy(), task_run_name="rebuild_features {days[0]}")
def rebuild_features(days: list[date]) -> Outcome:
    """Days before the first extract rewound from it; staging and features of the days evaluated and audited."""
    from churn.stages import history

    return history.rebuild_features(load_settings(), days)


@task(**stage_policy(), task_run_name="score_history {days[0]}")
def score_history(days: list[date]) -> Outcome:
    """The days scored by the model that was champion then, staged."""
    from churn.stages import history

    return history.score_history(load_settings(), days, str(flow_run.id))


@task(**stage_policy(), task_run_name="publish_history {days[0]}")
def publish_history(days: list[date]) -> Outcome:
    """Money invariants hold; the days are shown to readers."""
    from churn.stages import history

    return history.publish_history(load_settings(), days)


STAGES = (deploy_models, rebuild_features, score_history, publish_history, check_published)


@flow(name="backfill", **flow_policy())
def backfill(days: Days = 60, until: Day | None = None) -> Outcome:
    """Makes the days that are missing; live ones stay as they are.

    Args:
        days: how many, the last included.
        until: the last day; that of the latest extract when left out.
    """
    from churn.stages import history

    with one_pipeline(load_settings()):
        deploy_models()
        plan = plan_backfill(days, until)
        for portion in plan.portions:
            rebuild_features(portion)
            score_history(portion)
            publish_history(portion)
        check_published([day for portion in plan.portions for day in portion])
        return history.summarise(plan)


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(backfill)

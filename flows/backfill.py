"""The backfill: scores and publishes earlier days, as far as their data is known.

uv run python -m flows.backfill --days 60
"""

from datetime import date, datetime
from typing import TYPE_CHECKING

from prefect import flow, task
from prefect.runtime import flow_run

from churn.parameters import Day, Days
from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy
from flows.transforming import check_published, deploy_models

if TYPE_CHECKING:
    from churn.stages.past_days import Backfill


@task(**stage_policy(), task_run_name="plan_backfill")
def plan_backfill(workplace: Workplace, days: int, until: date | None, known_at: datetime | None) -> "Backfill":
    """Returns the missing days, in portions that are scored together."""
    from churn.stages import past_days

    return past_days.plan_backfill(workplace, days, until, known_at)


@task(**stage_policy(), task_run_name="rebuild_features {days[0]}")
def rebuild_features(workplace: Workplace, days: list[date]) -> Outcome:
    """Rewinds days before the first extract from it; refreshes and audits staging and features of the days."""
    from churn.stages import history

    return history.rebuild_features(workplace, days)


@task(**stage_policy(), task_run_name="score_history {days[0]}")
def score_history(workplace: Workplace, days: list[date], known_at: datetime | None = None) -> Outcome:
    """Scores the days with the model that was champion then, and stages the scores."""
    from churn.stages import history

    return history.score_history(workplace, days, str(flow_run.id), known_at)


@task(**stage_policy(), task_run_name="publish_history {days[0]}")
def publish_history(workplace: Workplace, days: list[date]) -> Outcome:
    """Checks the money of the days and publishes them."""
    from churn.stages import history

    return history.publish_history(workplace, days)


STAGES = (deploy_models, rebuild_features, score_history, publish_history, check_published)


@flow(name="backfill", **flow_policy())
def backfill(days: Days = 60, until: Day | None = None, known_at: datetime | None = None) -> Outcome:
    """Scores and publishes earlier days that are missing. Live days stay unchanged.

    Args:
        days: the number of days, with the last day.
        until: the last day (default: the date of the latest extract).
        known_at: use only extracts and models that were there at this time, with its time zone (default: all).
    """
    from churn.stages import past_days

    with open_workplace() as workplace, one_pipeline(workplace):
        deploy_models(workplace)
        plan = plan_backfill(workplace, days, until, known_at)
        for portion in plan.portions:
            rebuild_features(workplace, portion)
            score_history(workplace, portion, known_at)
            publish_history(workplace, portion)
        check_published(workplace, [day for portion in plan.portions for day in portion])
        return past_days.summarise(plan)


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(backfill)

"""Monitoring in a run: judges the dates whose horizon has passed."""

from prefect import task

from churn.stages import Outcome
from churn.stores.workplace import Workplace
from flows.policy import stage_policy


@task(**stage_policy(), task_run_name="judge_matured")
def judge_matured(workplace: Workplace) -> Outcome:
    """Compares the scores of the dates whose labels have newly matured with who left."""
    from churn.stages import monitoring

    return monitoring.judge_matured(workplace)

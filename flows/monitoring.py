"""Monitoring in a run: judges the dates whose horizon has passed, and watches the newest one."""

from prefect import task

from churn.stages import Outcome
from churn.stores.workplace import Workplace
from flows.policy import stage_policy
from flows.runs import tell_degraded


@task(**stage_policy(), task_run_name="judge_matured")
def judge_matured(workplace: Workplace) -> Outcome:
    """Compares the scores of newly matured dates with who left."""
    from churn.stages import monitoring

    return monitoring.judge_matured(workplace)


@task(**stage_policy(), task_run_name="watch_newest")
def watch_newest(workplace: Workplace) -> Outcome:
    """Takes the change of the newest date apart. Then sends an alert for each limit that is broken."""
    from churn.stages import drift, monitoring

    outcome = drift.watch_newest(workplace)
    for check, broken in monitoring.judge_limits(workplace).items():
        tell_degraded(workplace.settings, check, broken)
    return outcome

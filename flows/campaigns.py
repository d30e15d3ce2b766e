"""Enrols the day's wave of every running campaign.

uv run python -m flows.campaigns --as-of 2026-11-22
"""

from prefect import flow, task

from churn.parameters import Day
from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy


@task(**stage_policy(), task_run_name="enrol_waves")
def enrol_waves(workplace: Workplace, as_of: Day | None) -> list[Outcome]:
    """Enrols customers for each campaign whose days of enrolment hold the date."""
    from churn.stages import contacting

    return contacting.run_waves(workplace, as_of)


STAGES = (enrol_waves,)


@flow(name="campaigns", **flow_policy())
def campaigns(as_of: Day | None = None) -> list[Outcome]:
    """Enrols the day's wave of every running campaign. The same date twice changes nothing.

    Args:
        as_of: a published date (default: the latest).
    """
    with open_workplace() as workplace, one_pipeline(workplace):
        return enrol_waves(workplace, as_of)


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(campaigns)

"""Sends the morning in ten lines, with the report attached.

uv run python -m flows.digest
"""

from prefect import flow, task

from churn.stages import Outcome
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy


@task(**stage_policy(), task_run_name="send_morning")
def send_morning(workplace: Workplace) -> Outcome:
    """Sends the digest and the HTML report to the addresses of the alerts; without an address it is skipped."""
    from churn.dashboard import morning

    if workplace.settings.alert_urls is None:
        return Outcome("CHURN_ALERT_URLS is not set: the digest has no reader", is_skipped=True)
    morning.send_morning(workplace)
    return Outcome("the digest is sent with the report")


@flow(name="digest", **flow_policy())
def digest() -> Outcome:
    """Sends what is published, what changed and why, and whether scores came true, with the report attached."""
    with open_workplace() as workplace:
        return send_morning(workplace)


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(digest)

"""Takes in what came of contacts, enrols the day's wave of every running campaign, and sends its contacts.

uv run python -m flows.campaigns --as-of 2026-11-22
"""

from prefect import flow, task

from churn.parameters import Day
from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy


@task(**stage_policy(), task_run_name="take_in_events")
def take_in_events(workplace: Workplace) -> Outcome:
    """Records what other systems inserted into landing.contact_events."""
    from churn.stages import taking_back

    return taking_back.take_in(workplace)


@task(**stage_policy(), task_run_name="learn_uplift")
def learn_uplift(workplace: Workplace) -> list[Outcome]:
    """Learns from campaigns with enough customers whom a contact helps, and whom it drives away."""
    from churn.stages import uplifting

    return uplifting.learn_uplifts(workplace)


@task(**stage_policy(), task_run_name="enrol_waves")
def enrol_waves(workplace: Workplace, as_of: Day | None) -> list[Outcome]:
    """Enrols customers for each campaign whose days of enrolment hold the date."""
    from churn.stages import contacting

    return contacting.run_waves(workplace, as_of)


@task(**stage_policy(), task_run_name="send_contacts")
def send_contacts(workplace: Workplace) -> list[Outcome]:
    """Sends the contacts of the channels that go to the view or to an address; files are sent by command only."""
    from churn.stages import delivering

    return delivering.send_by_itself(workplace)


STAGES = (take_in_events, learn_uplift, enrol_waves, send_contacts)


@flow(name="campaigns", **flow_policy())
def campaigns(as_of: Day | None = None) -> list[Outcome]:
    """Takes in events, enrols the wave of every running campaign, sends. The same date twice changes nothing.

    Args:
        as_of: a published date (default: the latest).
    """
    with open_workplace() as workplace, one_pipeline(workplace):
        # First what came back: a customer who said no yesterday is not enrolled today.
        first = [take_in_events(workplace), *learn_uplift(workplace)]
        return [*first, *enrol_waves(workplace, as_of), *send_contacts(workplace)]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(campaigns)

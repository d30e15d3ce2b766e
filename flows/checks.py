"""What every flow that writes begins and ends with: changed SQL is deployed, and readers see what was scored."""

from datetime import date

from prefect import task

from churn.errors import ChurnError
from churn.settings import load_settings
from churn.stages import Outcome
from flows.policy import stage_policy
from flows.runs import tell_degraded


@task(**stage_policy(), task_run_name="deploy_models")
def deploy_models() -> Outcome:
    """The SQL models deployed as their files say; published days compared where one changed."""
    from churn.stages import transforms

    return _tell_torn(transforms.deploy_models(load_settings()))


@task(**stage_policy(), task_run_name="check_published")
def check_published(days: list[date]) -> Outcome:
    """What readers see of the days of the run and of the newest seven is what was scored; torn days are repaired."""
    from churn.stages import transforms

    return _tell_torn(transforms.check_published(load_settings(), days))


@task(**stage_policy(), task_run_name="check_every_day")
def check_every_day() -> Outcome:
    """The same of every published day."""
    from churn.stages import transforms

    return _tell_torn(transforms.check_every_day(load_settings()))


def _tell_torn(outcome: Outcome) -> Outcome:
    """Alerts people that days were torn, and that they are whole again: readers may have seen them in between."""
    if outcome.details:
        torn = ChurnError(f"Published days did not hold what was scored: {outcome.summary}.", "nothing: see below.")
        tell_degraded("published days", torn)
        tell_degraded("published days", None)
    return outcome

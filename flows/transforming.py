"""The SQL models in a run: deployed as their files say, evaluated, audited, and what readers see held to the scores."""

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


@task(**stage_policy(), task_run_name="run_transforms {as_of}")
def run_transforms(as_of: date) -> Outcome:
    """SQL models deployed, staging and features of the date evaluated."""
    from churn.stages import transforms

    return transforms.run_transforms(load_settings(), as_of)


@task(**stage_policy(), task_run_name="audit_transforms {as_of}")
def audit_transforms(as_of: date) -> Outcome:
    """Every audit of staging and features passes on what is stored."""
    from churn.stages import transforms

    return transforms.audit_transforms(load_settings(), as_of)


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

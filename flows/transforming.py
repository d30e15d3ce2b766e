"""The SQL models in a run: deploys, refreshes and audits them, and compares what readers see with the scores."""

from datetime import date

from prefect import task

from churn.errors import ChurnError
from churn.stages import Outcome
from churn.stores.workplace import Workplace
from flows.policy import stage_policy
from flows.runs import tell_degraded


@task(**stage_policy(), task_run_name="deploy_models")
def deploy_models(workplace: Workplace) -> Outcome:
    """Deploys the SQL models of the files; if one changed, compares the published days with their scores."""
    from churn.stages import transforms

    return _tell_torn(workplace, transforms.deploy_models(workplace))


@task(**stage_policy(), task_run_name="run_transforms {as_of}")
def run_transforms(workplace: Workplace, as_of: date) -> Outcome:
    """Deploys the SQL models, and refreshes staging and features of the date."""
    from churn.stages import transforms

    return transforms.run_transforms(workplace, as_of)


@task(**stage_policy(), task_run_name="audit_transforms {as_of}")
def audit_transforms(workplace: Workplace, as_of: date) -> Outcome:
    """Runs every audit of staging and features on the stored rows of the date."""
    from churn.stages import transforms

    return transforms.audit_transforms(workplace, as_of)


@task(**stage_policy(), task_run_name="check_published")
def check_published(workplace: Workplace, days: list[date]) -> Outcome:
    """Compares the days of the run and the newest seven days with their scores, and repairs days that differ."""
    from churn.stages import transforms

    return _tell_torn(workplace, transforms.check_published(workplace, days))


@task(**stage_policy(), task_run_name="check_every_day")
def check_every_day(workplace: Workplace) -> Outcome:
    """Compares every published day with its scores, and repairs days that differ."""
    from churn.stages import transforms

    return _tell_torn(workplace, transforms.check_every_day(workplace))


def _tell_torn(workplace: Workplace, outcome: Outcome) -> Outcome:
    """Sends an alert if days differed from their scores and were repaired: readers may have seen the wrong figures."""
    if outcome.details:
        fact = f"Published days differed from their scores: {outcome.summary}."
        torn = ChurnError(fact, "do nothing; the run has repaired the days.")
        tell_degraded(workplace.settings, "published days", torn)
        tell_degraded(workplace.settings, "published days", None)
    return outcome

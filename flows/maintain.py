"""The nightly maintenance: compares every published day with its scores, and prunes what is older than [keep] allows.

uv run python -m flows.maintain
"""

from prefect import flow, task

from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy
from flows.transforming import check_every_day, deploy_models


@task(**stage_policy(), task_run_name="prune")
def prune(workplace: Workplace) -> Outcome:
    """Deletes what [keep] of the policy file says is too old, and the tables of SQL models that were replaced."""
    from churn.stages import pruning

    return pruning.summarise(pruning.prune(workplace, is_real=True))


@flow(name="maintain", **flow_policy())
def maintain() -> list[Outcome]:
    """Deploys changed SQL models, compares every published day with its scores, repairs it, and prunes."""
    with open_workplace() as workplace, one_pipeline(workplace):
        return [deploy_models(workplace), check_every_day(workplace), prune(workplace)]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(maintain)

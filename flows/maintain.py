"""The nightly maintenance: compares every published day with its scores, and drops old tables.

uv run python -m flows.maintain
"""

from prefect import flow, task

from churn.stages import Outcome, one_pipeline
from churn.stores.workplace import Workplace, open_workplace
from flows.policy import stage_policy
from flows.runs import flow_policy
from flows.transforming import check_every_day, deploy_models


@task(**stage_policy(), task_run_name="drop_old_tables")
def drop_old_tables(workplace: Workplace) -> Outcome:
    """Drops the tables of SQL models that were replaced more than CHURN_OLD_MODELS_DAYS ago."""
    from churn.stages import transforms

    return transforms.drop_old_tables(workplace)


@flow(name="maintain", **flow_policy())
def maintain() -> list[Outcome]:
    """Deploys changed SQL models, compares every published day with its scores, repairs it, and drops old tables."""
    with open_workplace() as workplace, one_pipeline(workplace):
        return [deploy_models(workplace), check_every_day(workplace), drop_old_tables(workplace)]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(maintain)

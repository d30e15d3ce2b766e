"""The nightly maintenance: compares every published day with its scores, and drops old tables.

uv run python -m flows.maintain
"""

from prefect import flow, task

from churn.settings import load_settings
from churn.stages import Outcome, one_pipeline
from flows.policy import stage_policy
from flows.runs import flow_policy
from flows.transforming import check_every_day, deploy_models


@task(**stage_policy(), task_run_name="drop_old_tables")
def drop_old_tables() -> Outcome:
    """Drops the tables of SQL models that were replaced more than CHURN_OLD_MODELS_DAYS ago."""
    from churn.stages import transforms

    return transforms.drop_old_tables(load_settings())


@flow(name="maintain", **flow_policy())
def maintain() -> list[Outcome]:
    """Deploys changed SQL models, compares every published day with its scores, repairs it, and drops old tables."""
    with one_pipeline(load_settings()):
        return [deploy_models(), check_every_day(), drop_old_tables()]


if __name__ == "__main__":
    from churn.shell.flow_files import run_flow_file

    run_flow_file(maintain)

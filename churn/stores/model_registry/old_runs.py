"""Deletes the runs, models and pictures of trainings that nothing needs any more."""

import os
import shutil
import subprocess
import sys
from datetime import datetime
from typing import Any

from churn.contracts.leaving_reasons import REASON_MODEL
from churn.contracts.models import MODEL_NAME
from churn.errors import Unavailable
from churn.settings import Settings
from churn.stores.model_registry.registry import EXPERIMENT, connect, locate_registry
from churn.stores.model_registry.registry_answers import raises_registry_down

_AT_ONCE = 1_000


@raises_registry_down
def find_old_runs(settings: Settings, before: datetime, needed: set[str]) -> list[str]:
    """Returns the ids of runs that began before a moment, without those that are needed and their parents."""
    client = connect(settings)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return []
    # MLflow counts milliseconds since 1970.
    filters = f"attributes.start_time < {int(before.timestamp() * 1000)}"
    runs = client.search_runs([experiment.experiment_id], filters, max_results=_AT_ONCE)
    parents = {_parent_of(run) for run in runs if run.info.run_id in needed}
    return [run.info.run_id for run in runs if run.info.run_id not in needed | parents]


def _parent_of(run: Any) -> str:
    return str(run.data.tags.get("mlflow.parentRunId", ""))


@raises_registry_down
def delete_runs(settings: Settings, run_ids: list[str]) -> None:
    """Deletes runs with their model versions and copies; with the product's own MLflow for good, with their files.

    On a server of your own the runs are marked as deleted: its administrator runs `mlflow gc`.
    """
    if not run_ids:
        return
    client, gone = connect(settings), set(run_ids)
    # Versions before runs: a repeated command no longer lists a deleted run, and its versions would stay for ever.
    for name in (MODEL_NAME, REASON_MODEL):
        for version in client.search_model_versions(f"name = '{name}'"):
            if version.run_id in gone:
                client.delete_model_version(name, version.version)
    for run_id in run_ids:
        client.delete_run(run_id)
        shutil.rmtree(settings.home_dir / "models" / run_id, ignore_errors=True)
    if settings.mlflow_tracking_uri is None:
        _collect(settings, run_ids)


def _collect(settings: Settings, run_ids: list[str]) -> None:
    # In a process of its own: MLflow prints a line for each run. The address has a password, so that it travels in the
    # environment and not among the arguments.
    uri = locate_registry(settings)
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri, "MLFLOW_BACKEND_STORE_URI": uri}
    command = [sys.executable, "-P", "-m", "mlflow", "gc", "--run-ids", ",".join(run_ids)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise Unavailable(f"MLflow could not delete old runs: {lines[-1]}", "run `churn prune --yes` again.")

"""Runs MLflow's server over the same registry that `churn run` uses without a server: one process, no jobs, a login.

python -m churn.local_stack.mlflow_server 127.0.0.1 5000
"""

import os
import sys
from typing import Any

from churn.local_stack.gate import close, names_of
from churn.settings import read_environment, read_gate
from churn.stores.model_registry.registry import locate_registry

APP_NAME = "churn-login"
"""The name under which pyproject.toml declares `create_app` to MLflow, as its own login is declared."""


def serve(host: str, port: str) -> None:
    """Replaces this process by MLflow's server."""
    settings = read_environment()  # Not `load_settings`: an older note may say that the registry is this server.
    # The address of the database goes by environment: `ps` would show a password among the arguments.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = locate_registry(settings)
    os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = settings.artifacts_dir.as_uri()
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # MLflow 3.17: saves a gigabyte and eight processes.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    names = ",".join(names_of(port))
    os.environ["CHURN_STACK_NAMES"] = os.environ["MLFLOW_SERVER_ALLOWED_HOSTS"] = names
    options = ["--host", host, "--port", port, "--workers", "1", "--no-serve-artifacts", "--app-name", APP_NAME]
    # execv() keeps the process id, so that the supervisor's signals reach the server itself.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "mlflow", "server", *options])


def create_app() -> Any:
    """Returns MLflow's server behind the gate. MLflow calls this function.

    Without a login, whoever reaches the port could let it read any file of its owner as an artifact.
    """
    from importlib import import_module

    application = import_module("mlflow.server.fastapi_app").app
    return close(application, *read_gate())


if __name__ == "__main__":
    serve(*sys.argv[1:3])

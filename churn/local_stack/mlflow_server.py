"""Runs MLflow's server over the same registry that `churn run` uses without a server: one process, no jobs.

python -m churn.local_stack.mlflow_server 127.0.0.1 5000
"""

import os
import sys

from churn.settings import read_environment
from churn.stores.model_registry.registry import locate_registry


def serve(host: str, port: str) -> None:
    """Replaces this process by MLflow's server."""
    settings = read_environment()  # Not `load_settings`: an older note may say that the registry is this server.
    # The address of the database goes by environment: `ps` would show a password among the arguments.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = locate_registry(settings)
    os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = settings.artifacts_dir.as_uri()
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # MLflow 3.17: saves a gigabyte and eight processes.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    options = ["--host", host, "--port", port, "--workers", "1", "--no-serve-artifacts"]
    # execv() keeps the process id, so that the supervisor's signals reach the server itself.
    os.execv(sys.executable, [sys.executable, "-m", "mlflow", "server", *options])


if __name__ == "__main__":
    serve(*sys.argv[1:3])

"""MLflow's server over the registry that `churn run` uses alone, as lean as it goes: one process, no jobs.

python -m churn.local_stack.mlflow_server 127.0.0.1 5000
"""

import os
import sys

from churn.settings import read_environment
from churn.stores.model_registry.registry import locate_registry


def serve(host: str, port: str) -> None:
    """Becomes the server. The database's address goes by environment, where no list of processes shows it."""
    settings = read_environment()  # Not `load_settings`: an older note may say that the registry is this server.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = locate_registry(settings)
    os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = settings.artifacts_dir.as_uri()
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # Saves a gigabyte and eight processes.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    options = ["--host", host, "--port", port, "--workers", "1", "--no-serve-artifacts"]
    os.execv(sys.executable, [sys.executable, "-m", "mlflow", "server", *options])


if __name__ == "__main__":
    serve(*sys.argv[1:3])

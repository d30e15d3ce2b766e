"""A worker that registers its own deployments: it deploys prefect.yaml, then executes scheduled and requested runs.

It is one process instead of three commands. Its imports run while the server that starts beside it is not ready yet.

uv run python -m flows.worker NAME [OPTIONS]
"""

import sys
import time

from prefect.cli import app
from prefect.client.orchestration import get_client

from churn.errors import Unavailable

POOL = "churn"


def wait_for_server(patience_seconds: float = 120) -> None:
    """Waits until the Prefect server of this environment answers.

    Raises:
        Unavailable: the server did not answer in time.
    """
    give_up = time.monotonic() + patience_seconds
    with get_client(sync_client=True) as client:
        while (failure := client.api_healthcheck()) is not None:
            if time.monotonic() > give_up:
                raise Unavailable(f"Prefect at {client.api_url} did not answer: {failure}", "check PREFECT_API_URL.")
            time.sleep(0.2)


def call_prefect(*arguments: str) -> int:
    """Runs a `prefect` command in this process. Returns its exit code."""
    # In this process: a child process would import all of Prefect again for each command.
    sys.argv = ["prefect", *arguments]
    try:
        app()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def work(name: str, *options: str) -> int:
    """Registers the deployments, then executes runs until the process is stopped. Returns the exit code.

    Args:
        name: the name of the worker.
        options: more options of `prefect worker start`, for example `--with-healthcheck`.
    """
    wait_for_server()
    call_prefect("work-pool", "create", POOL, "--type", "process")  # It fails if the pool exists, which is fine.
    if call_prefect("--no-prompt", "deploy", "--all") != 0:
        return 1
    return call_prefect("worker", "start", "--pool", POOL, "--type", "process", "--name", name, *options)


if __name__ == "__main__":
    sys.exit(work(*sys.argv[1:]))

"""A worker that brings its deployments along: registers prefect.yaml, then runs what is scheduled or asked for.

One process instead of three commands, and its imports are done by the time a server that starts beside it answers.

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
        Unavailable: it did not.
    """
    give_up = time.monotonic() + patience_seconds
    with get_client(sync_client=True) as client:
        while (failure := client.api_healthcheck()) is not None:
            if time.monotonic() > give_up:
                raise Unavailable(f"Prefect at {client.api_url} did not answer: {failure}", "check PREFECT_API_URL.")
            time.sleep(0.2)


def call_prefect(*arguments: str) -> int:
    """Runs a command of Prefect's in this process; returns its exit code."""
    sys.argv = ["prefect", *arguments]
    try:
        app()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def work(name: str, *options: str) -> int:
    """Registers what is to be run, then runs it until it is stopped; returns the exit code.

    Args:
        name: of the worker.
        options: more for `prefect worker start`, as `--with-healthcheck`.
    """
    wait_for_server()
    call_prefect("work-pool", "create", POOL, "--type", "process")  # It may be there already.
    if call_prefect("--no-prompt", "deploy", "--all") != 0:
        return 1
    return call_prefect("worker", "start", "--pool", POOL, "--type", "process", "--name", name, *options)


if __name__ == "__main__":
    sys.exit(work(*sys.argv[1:]))

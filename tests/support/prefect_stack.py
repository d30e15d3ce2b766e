"""A Prefect server and a worker of its own, as a platform engineer starts them: real processes, real commands."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churn.settings import PROJECT_DIR

BIN = Path(sys.executable).parent
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass
class Stack:
    """Addresses and processes. What they say goes to files in `home`."""

    home: Path
    port: int
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                env=self.environment,
                cwd=PROJECT_DIR,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def start_server(self) -> None:
        self.start("server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        wait_for(lambda: self.is_up("/health"))

    def start_worker(self) -> None:
        self.start("worker", "prefect", "worker", "start", "--pool", "churn", "--type", "process")

    def call(self, *command: str) -> str:
        found = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env=self.environment,
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        with (self.home / "commands.log").open("a") as log:
            log.write(found.stdout + found.stderr)
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def children(self, name: str) -> list[int]:
        """The flow runs' processes of a worker."""
        told = subprocess.run(
            ["pgrep", "-P", str(self.processes[name].pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in told.stdout.split()]

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Prefect's API: GET, or POST when there is a body. Asked again while it is busy, as its client does."""
        for wait_seconds in (0.5, 1, 2, 4):
            try:
                return self._ask(path, body, method)
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                time.sleep(wait_seconds)
        return self._ask(path, body, method)

    def _ask(self, path: str, body: Any, method: str | None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def is_up(self, path: str) -> bool:
        try:
            self.ask(path)
        except OSError:
            return False
        return True

    def run(self, run_id: str) -> dict[str, Any]:
        return dict(self.ask(f"/flow_runs/{run_id}"))

    def trigger(self, deployment: str, **parameters: str) -> str:
        """What `prefect deployment run` does; returns the run's id."""
        found = self.ask(f"/deployments/name/{deployment}")
        return str(self.ask(f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})["id"])

    def finish(self, run_id: str) -> dict[str, Any]:
        wait_for(lambda: self.run(run_id)["state_type"] in ENDED)
        return self.run(run_id)

    def log_of(self, run_id: str) -> list[str]:
        wanted = {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200, "sort": "TIMESTAMP_DESC"}
        return [line["message"] for line in self.ask("/logs/filter", wanted)]


def wait_for(is_so: Callable[[], bool], seconds: float = 120) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@contextmanager
def running(home: Path, port: int, **settings: str) -> Iterator[Stack]:
    """A server with every deployment and a worker, for the block."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "MLFLOW_"))}
    stack = Stack(
        home,
        port,
        environment
        | {
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "1",
            "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "3",
            "PREFECT_WORKER_QUERY_SECONDS": "0.5",
            "PREFECT_WORKER_PREFETCH_SECONDS": "0",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PWD": "/",  # of whoever deploys; the deployments name the folder of prefect.yaml
            "COLUMNS": "200",
        }
        | settings,
    )
    try:
        stack.start_server()
        stack.start_worker()
        wait_for(lambda: stack.is_up("/work_pools/churn"))
        stack.call("prefect", "--no-prompt", "deploy", "--all")
        yield stack
    finally:
        for child in stack.children("worker"):
            os.kill(child, signal.SIGKILL)
        for name in stack.processes:
            stack.kill(name)

"""A machine of its own for a test: its home folder, its ports, its environment, and nothing inherited."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from churn.local_stack.processes import find_marked
from churn.settings import PROJECT_DIR
from churn.stack_note import Note, find_stack, read_login

BIN = Path(sys.executable).parent
PORTS = ("CHURN_PREFECT_PORT", "CHURN_WORKER_PORT", "CHURN_MLFLOW_PORT", "CHURN_DASHBOARD_PORT", "CHURN_API_PORT")


@dataclass(frozen=True)
class Machine:
    """A home folder of its own, and commands run in it."""

    home: Path
    environment: dict[str, str]

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            env=self.environment,
            cwd=PROJECT_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env=self.environment | more,
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def note(self) -> Note:
        found = find_stack(self.home)
        assert found is not None, "the stack is not up"
        return found

    def port(self, service: str) -> int:
        return int(self.environment[f"CHURN_{service.upper()}_PORT"])

    def ask(self, service: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Asks a service of the stack with the login of its home."""
        return ask(f"http://127.0.0.1:{self.port(service)}{path}", body, read_login(self.home))

    def processes(self) -> list[psutil.Process]:
        """Every process of the stack, and its Postgres."""
        return [*find_marked(self.home), *_postgres_of(self.home)]


def new_machine(home: Path) -> Machine:
    """A machine whose stack would answer on ports that are free now."""
    ours = {"CHURN_HOME": str(home), "PREFECT_HOME": str(home / "user"), "COLUMNS": "200"}
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("CHURN_", "MLFLOW_", "PREFECT_"))
    }
    return Machine(home, inherited | ours | ports)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, each another one."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _postgres_of(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and process.cwd() == str(home / "postgres"):
                found.append(process)
        except psutil.Error:
            continue
    return found


def ask(url: str, body: dict[str, Any] | None = None, login: str | None = None, **headers: str) -> Any:
    """Asks an HTTP interface of this machine; returns its JSON, or its text."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} | headers)
    if login is not None:
        request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        text = answer.read().decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


def eventually(is_so: Callable[[], bool], patience_seconds: float = 180, pause_seconds: float = 0.1) -> bool:
    """Waits for something to become true, asking again and again."""
    give_up = time.monotonic() + patience_seconds
    while time.monotonic() < give_up:
        if is_so():
            return True
        time.sleep(pause_seconds)
    return is_so()

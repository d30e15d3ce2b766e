"""Slow proofs of the online scores: killed processes during load, and memory after 50,000 requests.

tests/integration/test_following.py proves the same in seconds, with a database and a registry that only say no.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil
import pytest

from tests.benchmarks.open_loop import send, write_message
from tests.support.machines import Machine, eventually, free_ports, new_machine

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent


@dataclass
class Load:
    """What requests of several threads were answered."""

    port: int
    key: str
    body: bytes
    answers: Counter[tuple[str, int, float | str]] = field(default_factory=Counter)
    has_ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, dict[str, object], str]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(f"http://127.0.0.1:{self.port}{path}", body, headers), timeout=30) as answer:
                return answer.status, json.load(answer), ""
        except HTTPError as error:
            return error.code, json.load(error), error.headers.get("Retry-After", "")
        except (URLError, OSError):
            return 0, {}, ""  # The worker of this connection was killed.

    def go_on(self) -> None:
        while not self.has_ended.is_set():
            status, scored, retry = self.ask("/v1/customers/score", self.body)
            self.answers["score", status, scored.get("churn_probability", retry)] += 1  # type: ignore[index]
            status, _, retry = self.ask("/v1/customers/nobody")
            self.answers["stored", status, retry] += 1
            time.sleep(0.02)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A home with an embedded database and a published date of synthetic customers."""
    found = new_machine(tmp_path_factory.mktemp("load"))
    done = found.call("churn", "run")
    assert done.returncode == 0, done.stderr
    yield found
    found.call("churn", "db", "stop")


@pytest.fixture
def load(machine: Machine, request: pytest.FixtureRequest) -> Iterator[tuple[Load, "subprocess.Popen[bytes]"]]:
    (port,) = free_ports(1)
    command = [str(BIN / "churn"), "serve", "--port", str(port), "--workers", str(request.param)]
    process = subprocess.Popen(command, env=machine.environment)
    yield ready_load(machine, port), process
    process.terminate()
    process.wait(60)


def ready_load(machine: Machine, port: int) -> Load:
    """Waits until the server is ready, and returns requests with its key and its example."""
    found = Load(port, "", b"")
    assert eventually(lambda: found.ask("/health/ready")[0] == 200)
    found.key = (machine.home / "api.key").read_text().strip()
    document = found.ask("/openapi.json")[1]
    customer = document["components"]["schemas"]["Customer"]["examples"][0]  # type: ignore[index]
    found.body = json.dumps(customer).encode()
    return found


@pytest.mark.parametrize("load", [2], indirect=True)
def test_killed_workers_and_databases_give_no_wrong_answer_and_come_back(
    machine: Machine, load: tuple[Load, "subprocess.Popen[bytes]"]
) -> None:
    asked, process = load
    threads = [threading.Thread(target=asked.go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    worker = max(psutil.Process(process.pid).children(recursive=True), key=lambda one: one.memory_info().rss)
    worker.kill()
    time.sleep(5)
    postmaster = int((machine.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    time.sleep(10)
    assert eventually(lambda: asked.ask("/v1/customers/nobody")[0] == 404, patience_seconds=60)
    assert eventually(lambda: asked.ask("/health/ready")[1].get("database") == "answers", patience_seconds=60)
    asked.has_ended.set()
    for thread in threads:
        thread.join()

    print(asked.answers)
    scores = {value for kind, status, value in asked.answers if (kind, status) == ("score", 200)}
    assert len(scores) == 1, "one customer has one score, whatever was killed"
    assert {status for kind, status, _ in asked.answers if kind == "score"} <= {200, 0, 503}
    assert {status for kind, status, _ in asked.answers if kind == "stored"} <= {404, 0, 503}
    assert all(retry for _, status, retry in asked.answers if status == 503), "a problem says when to ask again"


def start_mlflow(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """MLflow's own server, with its files in a folder."""
    store = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    command = [str(BIN / "mlflow"), "server", *store, "--port", str(port), "--workers", "1"]
    path = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        command, env=os.environ | path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert eventually(lambda: is_healthy(port))
    return process


def is_healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def test_a_killed_mlflow_changes_no_answer_and_the_next_promotion_is_followed(tmp_path: Path) -> None:
    mlflow_port, port = free_ports(2)
    mlflow = start_mlflow(tmp_path, mlflow_port)
    machine = new_machine(tmp_path / "machine")
    machine.environment["CHURN_MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{mlflow_port}"
    assert machine.call("churn", "run").returncode == 0
    assert machine.call("churn", "train", "--retrain").returncode == 0
    promote = ("churn", "model", "promote", "2", "--why", "to see it followed", "--yes")
    server = subprocess.Popen([str(BIN / "churn"), "serve", "--port", str(port)], env=machine.environment)
    try:
        asked = ready_load(machine, port)
        threads = [threading.Thread(target=asked.go_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(3)
        os.killpg(mlflow.pid, signal.SIGKILL)
        refused = machine.call(*promote)
        time.sleep(3)
        while_away = set(asked.answers)
        mlflow = start_mlflow(tmp_path, mlflow_port)
        promoted = machine.call(*promote)
        followed = eventually(lambda: asked.ask("/v1/model")[1].get("model_version") == 2, patience_seconds=15)
        asked.has_ended.set()
        for thread in threads:
            thread.join()
    finally:
        server.terminate()
        server.wait(60)
        os.killpg(mlflow.pid, signal.SIGKILL)
        machine.call("churn", "db", "stop")

    print(asked.answers, refused.stderr)
    assert refused.returncode != 0, "a promotion needs the registry"
    assert (promoted.returncode, followed) == (0, True), promoted.stderr
    assert {(kind, status) for kind, status, _ in asked.answers} == {("score", 200), ("stored", 404)}
    assert len({value for kind, _, value in while_away if kind == "score"}) == 1


@pytest.mark.parametrize("load", [1], indirect=True)
def test_fifty_thousand_requests_leave_the_memory_flat(load: tuple[Load, "subprocess.Popen[bytes]"]) -> None:
    asked, process = load
    server = psutil.Process(process.pid)
    message = write_message(asked.port, "/v1/customers/score", asked.body, {"Authorization": f"Bearer {asked.key}"})
    asyncio.run(send(asked.port, message, 300, 10))  # Warm.
    before = server.memory_info().rss
    answered = 0
    while answered < 50_000:
        answered += int(asyncio.run(send(asked.port, message, 400, 25))["ok"])
    grown = (server.memory_info().rss - before) / 1e6

    print(f"{answered:,} requests, {before / 1e6:.0f} MB before, {grown:+.1f} MB after")
    assert grown < 15

"""`churn serve` as a user meets it: the command, the blocks of its guide, its end."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from churn.settings import PROJECT_DIR, Settings
from tests.support.guides import Block, find_blocks
from tests.support.machines import eventually, free_ports

CHURN = str(Path(sys.executable).with_name("churn"))
GUIDE = PROJECT_DIR / "churn" / "api" / "README.md"


@dataclass(frozen=True)
class Server:
    """A running `churn serve`."""

    process: "subprocess.Popen[str]"
    port: int
    home: Path

    def is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@pytest.fixture(scope="module")
def api(published: Settings) -> Iterator[Server]:
    (port,) = free_ports(1)
    process = subprocess.Popen([CHURN, "serve", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    running = Server(process, port, published.home_dir)
    assert eventually(running.is_ready)
    yield running
    process.kill()
    process.wait()


def run_block(server: Server, block: Block) -> str:
    """Types a block of the guide, with the port and the home of the test."""
    text = block.text.replace("8600", str(server.port)).replace(".churn/", f"{server.home}/")
    command = [sys.executable, "-c", text] if block.language == "python" else ["bash", "-ceu", text]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_from_a_published_date_to_a_scored_customer_in_the_two_commands_of_the_guide(api: Server) -> None:
    first, second, python, *_ = list(find_blocks(GUIDE))

    assert first.text == "uv run churn serve", "the server of this test is that command, on a free port"
    assert '"churn_probability": 0.' in run_block(api, second)
    assert len(run_block(api, python).splitlines()) == 2


def test_the_server_says_where_its_key_is_and_ends_when_it_is_told_to(published: Settings) -> None:
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [CHURN, "serve", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert eventually(Server(process, port, published.home_dir).is_ready)
    process.send_signal(signal.SIGTERM)
    said, complaints = process.communicate(timeout=30)

    assert f"Its key is in {published.home_dir / 'api.key'}." in said
    assert complaints == ""


def test_a_port_in_use_is_named(api: Server) -> None:
    found = subprocess.run([CHURN, "serve", "--port", str(api.port)], capture_output=True, text=True, timeout=60)

    assert found.returncode == 2
    assert f"churn serve needs port {api.port}, but " in found.stderr
    assert "set --port to a free port" in found.stderr


def test_what_the_document_allows_is_answered_and_what_it_forbids_is_refused(api: Server, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    key = (api.home / "api.key").read_text().strip()
    # positive_data_acceptance: the document cannot state rules between columns, by which a good type is refused.
    command = [
        str(program), "run", f"http://127.0.0.1:{api.port}/openapi.json", "--header", f"Authorization: Bearer {key}",
        "--max-examples", "15", "--phases", "examples,coverage,fuzzing", "--seed", "1",
        "--exclude-checks", "positive_data_acceptance,unsupported_method",
    ]  # fmt: skip
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]


@pytest.mark.slow
def test_a_real_prometheus_scrapes_the_metrics_and_loads_the_alerts(api: Server, tmp_path: Path) -> None:
    """tests/unit/api/test_prometheus.py proves format and rules without a server."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed; Debian's package prometheus has it")
    (port,) = free_ports(1)
    rules = PROJECT_DIR / "churn" / "api" / "prometheus" / "alerts.yaml"
    (tmp_path / "prometheus.yaml").write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{rules}]\n"
        f"scrape_configs: [{{job_name: churn, static_configs: [{{targets: ['127.0.0.1:{api.port}']}}]}}]\n"
    )
    options = [f"--config.file={tmp_path / 'prometheus.yaml'}", f"--storage.tsdb.path={tmp_path / 'data'}"]
    process = subprocess.Popen([program, *options, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)

    def ask(path: str) -> Any:
        try:
            with urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=5) as answer:
                return json.load(answer)["data"]
        except (URLError, OSError):
            return {}

    def value_of(query: str) -> list[str]:
        return [one["value"][1] for one in ask(f"query?query={query}").get("result", [])]

    try:
        assert eventually(lambda: value_of("churn_model_version") == ["1"], patience_seconds=60)
        assert value_of("up") == ["1"]
        assert len(ask("rules")["groups"][0]["rules"]) == 5
    finally:
        process.terminate()
        process.wait(30)

"""The local stack: one command up, one down, nothing left behind whatever was killed. One stack, tests in order."""

import os
import signal
import socket
import stat
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from churn.local_stack.processes import find_marked
from churn.settings import PROJECT_DIR
from churn.stack_note import find_stack, read_login
from tests.conftest import DAY
from tests.support.factories import make_extract, write_extract
from tests.support.machines import Machine, ask, eventually, new_machine


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    found = new_machine(tmp_path_factory.mktemp("stack"))
    yield found
    found.call("churn", "down")


@pytest.fixture(scope="module")
def up(machine: Machine) -> Machine:
    """The machine, its stack up."""
    done = machine.call("churn", "up")
    assert done.returncode == 0, done.stderr
    for title in ("Postgres", "MLflow", "Prefect", "Worker", "Dashboard", "Online scores", "All services are well"):
        assert title in done.stdout
    return machine


def test_up_brings_every_page_and_every_deployment(up: Machine) -> None:
    declared = yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())
    deployments = up.ask("prefect", "/api/deployments/filter", {})

    assert "<title>Prefect" in up.ask("prefect", "/")
    assert "<title>MLflow" in up.ask("mlflow", "/")
    assert "<title>Streamlit" in up.ask("dashboard", "/")
    assert up.ask("api", "/health/live") == {"status": "live"}
    assert {one["name"] for one in deployments} == {one["name"] for one in declared["deployments"]}
    assert eventually(lambda: {one["status"] for one in up.ask("prefect", "/api/deployments/filter", {})} == {"READY"})


def test_services_answer_on_this_machine_only(up: Machine) -> None:
    listening = {
        one.laddr.ip
        for process in find_marked(up.home)
        for one in process.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("service", "path"),
    [("prefect", "/api/deployments/filter"), ("mlflow", "/api/2.0/mlflow/experiments/search")],
)
def test_a_service_asks_for_the_login_that_only_the_owner_reads(up: Machine, service: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"http://127.0.0.1:{up.port(service)}{path}", {"max_results": 1})

    assert refused.value.code == 401
    assert stat.S_IMODE((up.home / "services.login").stat().st_mode) == 0o600


@pytest.mark.parametrize("service", ["prefect", "mlflow"])
@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=["name", "page"])
def test_a_page_of_another_site_reaches_no_service(up: Machine, service: str, header: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"http://127.0.0.1:{up.port(service)}/", None, read_login(up.home), **header)

    assert refused.value.code == 403


@pytest.mark.parametrize("header", ["Host: evil.example", "Origin: http://evil.example"])
def test_a_page_of_another_site_opens_no_dashboard(up: Machine, header: str) -> None:
    names = {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"} | dict([header.split(": ")])
    fields = names | {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    fields["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    request = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with socket.create_connection(("127.0.0.1", up.port("dashboard"))) as reader:
        reader.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{request}\r\n".encode())
        assert b" 403 " in reader.recv(200).split(b"\r\n")[0]


def test_prefects_pages_talk_to_their_own_server(up: Machine) -> None:
    assert up.ask("prefect", "/ui-settings")["api_url"] == f"http://127.0.0.1:{up.port('prefect')}/api"


def test_a_second_up_finds_it_up(up: Machine) -> None:
    before = up.note()

    again = up.call("churn", "up")

    assert again.returncode == 0, again.stderr
    assert up.note() == before


def test_a_run_shows_in_both_pages(up: Machine, tmp_path: Path) -> None:
    extract = write_extract(tmp_path / "extract.csv", make_extract(600))

    run = up.call("churn", "run", "--source", str(extract), "--as-of", DAY.isoformat())

    assert run.returncode == 0, run.stderr
    flow_runs = up.ask("prefect", "/api/flow_runs/filter", {})
    assert [one["state_type"] for one in flow_runs if one["parameters"].get("as_of") == str(DAY)] == ["COMPLETED"]
    wanted = {"experiment_ids": ["1"], "filter": "run_name = 'training 2026-01-31'"}
    found = up.ask("mlflow", "/api/2.0/mlflow/runs/search", wanted)
    assert [one["info"]["status"] for one in found["runs"]] == ["FINISHED"]
    assert f"Prefect http://127.0.0.1:{up.port('prefect')}" in run.stdout


def test_the_doctor_says_what_is_up(up: Machine) -> None:
    told = up.call("churn", "doctor").stdout

    assert f"MLflow http://127.0.0.1:{up.port('mlflow')}" in told
    assert f"server at http://127.0.0.1:{up.port('prefect')}/api" in told


def test_the_database_of_a_stack_is_not_stopped_under_it(up: Machine) -> None:
    refused = up.call("churn", "db", "stop")

    assert refused.returncode == 2
    assert "churn down" in refused.stderr


def test_a_killed_service_comes_back_and_leaves_nothing_of_its_old_self(up: Machine) -> None:
    killed = up.note().find("mlflow")
    assert killed is not None
    assert killed.pid is not None
    family = psutil.Process(killed.pid).children(recursive=True)

    os.kill(killed.pid, signal.SIGKILL)

    assert family, "MLflow had no child to leave behind: this proves nothing"
    assert eventually(lambda: (one := up.note().find("mlflow")) is not None and one.is_well and one.pid != killed.pid)
    assert not any(process.is_running() for process in family)


def test_a_killed_postgres_comes_back(up: Machine) -> None:
    killed = up.note().find("postgres")
    assert killed is not None
    assert killed.pid is not None

    os.kill(killed.pid, signal.SIGKILL)

    assert eventually(lambda: (one := up.note().find("postgres")) is not None and one.is_well and one.pid != killed.pid)
    assert up.call("churn", "status").returncode == 0


def test_killing_the_supervisor_ends_every_service_but_postgres(up: Machine) -> None:
    os.kill(up.note().supervisor_pid, signal.SIGKILL)

    assert eventually(lambda: not find_marked(up.home))
    assert find_stack(up.home) is None
    assert up.call("churn", "status").returncode == 0


def test_down_leaves_no_process_socket_or_lock(up: Machine) -> None:
    done = up.call("churn", "down")

    assert done.returncode == 0, done.stderr
    assert_nothing_left(up)
    assert up.call("churn", "down").stdout.strip() == "The local stack was not running."


def test_an_up_that_is_killed_half_way_is_taken_down(machine: Machine) -> None:
    """The stack goes on coming up without it, as `churn doctor` says; `churn down` finds all of it."""
    half = machine.start("churn", "up")
    assert eventually(lambda: len(find_marked(machine.home)) > 2)

    half.kill()
    half.communicate()
    done = machine.call("churn", "down")

    assert done.stdout.startswith("Stopped: ")
    assert_nothing_left(machine)


def test_a_port_somebody_else_has_is_told_and_nothing_starts(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", machine.port("mlflow"))):
        refused = machine.call("churn", "up")

    assert refused.returncode == 2
    assert f"MLflow needs port {machine.port('mlflow')}, but another program" in refused.stderr
    assert f"process {os.getpid()}" in refused.stderr
    assert "set CHURN_MLFLOW_PORT" in refused.stderr
    assert_nothing_left(machine)


def assert_nothing_left(machine: Machine) -> None:
    """No process, no listening port, no socket, no lock."""
    assert machine.processes() == []
    for service in ("prefect", "worker", "mlflow", "dashboard", "api"):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", machine.port(service)))
    assert [path for path in machine.home.rglob("*") if path.is_socket()] == []
    assert [*machine.home.rglob("postmaster.pid"), *machine.home.glob("stack.*")] == []

"""compose.yaml executed: each service's own command, environment and health check, as a process of this machine.

What an engine would do besides (images, networks, volumes) is replaced here by the least there is: host names and ports
by free ones of 127.0.0.1, volumes by folders, the image's programs by those of this environment.
"""

import re
import shutil
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from churn.local_stack.processes import find_marked, start, sweep
from churn.settings import PROJECT_DIR
from tests.conftest import DAY
from tests.support.factories import make_extract, write_extract
from tests.support.machines import BIN, ask, eventually, free_ports
from tests.support.servers import Server, embedded_programs, full_programs, running

TEXT = (PROJECT_DIR / "compose.yaml").read_text()
EXAMPLE = (PROJECT_DIR / ".env.example").read_text()
REQUIRED = re.findall(r"^([A-Z_]+)=$", EXAMPLE, flags=re.MULTILINE)
CONTAINER_PORTS = ("5432", "5000", "4200", "8080", "8501", "8600")


def interpolate(text: str, environment: dict[str, str]) -> str:
    """Fills in ${NAME} and ${NAME:?message} as compose does; $$ is a dollar, and a lone one nobody means."""

    def fill(found: "re.Match[str]") -> str:
        if found[0] == "$$":
            return "$"
        assert found[1], f"compose would fill in {found[0]}... from the environment of whoever calls it"
        name, _, message = found[1].partition(":?")
        if not environment.get(name):
            raise KeyError(f"required variable {name} is missing a value: {message}")
        return environment[name]

    return re.sub(r"\$\$|\$\{([^}]+)\}|\$\w+", fill, text)


PASSWORDS = {name: f"secret-of-the-{name.replace('_', '-').lower()}" for name in REQUIRED}
LOGIN = f"churn:{PASSWORDS['CHURN_LOGIN_PASSWORD']}"
SERVICES: dict[str, Any] = yaml.safe_load(interpolate(TEXT, PASSWORDS))["services"]
IMAGE: str = SERVICES["worker"]["build"]["dockerfile_inline"]
MAY_MOUNT = (
    sys.platform == "linux"
    and not subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode
)


def _environment_of(image: str) -> dict[str, str]:
    """What the image gives to every process."""
    last = [line for line in image.splitlines() if line.startswith("ENV ")][-1]
    return dict(word.split("=", 1) for word in last.split()[1:])


@dataclass
class Project:
    """The services as processes."""

    folder: Path
    server: Server
    ports: dict[str, int]

    def here(self, text: str) -> str:
        """What the file says of the containers' world, said of this one."""
        world = {
            **{f"@{name}:": "@127.0.0.1:" for name in SERVICES},
            **{f"//{name}:": "//127.0.0.1:" for name in SERVICES},
            "0.0.0.0": "127.0.0.1",
            "/artifacts": str(self.folder / "artifacts"),
            "/state": str(self.folder / "state"),
            "/tmp": str(self.folder / "tmp"),
            "/app": str(PROJECT_DIR),
        }
        text = re.sub("|".join(map(re.escape, world)), lambda found: world[found[0]], text)
        return re.sub(rf"\b({'|'.join(CONTAINER_PORTS)})\b", lambda found: str(self.ports[found[0]]), text)

    def environment(self, name: str) -> dict[str, str]:
        declared = {key: self.here(value) for key, value in SERVICES[name]["environment"].items() if value is not None}
        programs = f"{BIN}:{self.server.bin_dir}:/usr/bin:/bin"
        given = {key: self.here(value) for key, value in _environment_of(IMAGE).items()} | declared
        given |= {"PATH": programs, "TMPDIR": str(self.folder / "tmp")}
        if full_programs() is None:  # Prefect's tables need pg_trgm, which the embedded server does not bring.
            given.pop("PREFECT_SERVER_DATABASE_CONNECTION_URL", None)
        return given

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        command = tuple(self.here(word) for word in SERVICES[name]["command"])
        executable = shutil.which(command[0], path=self.environment(name)["PATH"])
        assert executable is not None, f"{command[0]} is no program of the image"
        log = self.folder / f"{name}.log"
        words = (*self.read_only(), executable, *command[1:])
        return start(words, self.folder, self.environment(name), log, PROJECT_DIR)

    def read_only(self) -> tuple[str, ...]:
        """Where this user may: a world in which nothing can be written but what the file says."""
        if not MAY_MOUNT:
            return ()
        cache = PROJECT_DIR / "transforms" / ".cache"
        mounts = f"mount --bind {self.folder} {self.folder} && mount -t tmpfs none {cache}"
        return ("unshare", "-m", "bash", "-c", f'{mounts} && mount -o remount,ro,bind / && exec "$@"', "bash")

    def is_healthy(self, name: str) -> bool:
        kind, *command = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        words = [self.here(word) for word in command]
        environment = self.environment(name)
        words[0] = shutil.which(words[0], path=environment["PATH"]) or words[0]
        return subprocess.run(words, env=environment, capture_output=True, timeout=20, check=False).returncode == 0

    def wait_for(self, *names: str) -> None:
        for name in names:
            assert eventually(lambda name=name: self.is_healthy(name), 180, 1), self.tail(name)  # type: ignore[misc]

    def tail(self, name: str) -> str:
        log = self.folder / f"{name}.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else f"{name} wrote nothing"

    def prefect(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return ask(f"http://127.0.0.1:{self.ports['4200']}/api/{path}", body, LOGIN)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Every service up and healthy, started when what it depends on is."""
    folder = tmp_path_factory.mktemp("compose")
    for name in ("state", "artifacts", "tmp"):
        (folder / name).mkdir()
    (PROJECT_DIR / "transforms" / ".cache").mkdir(exist_ok=True)
    with running(full_programs() or embedded_programs(), {}) as server:
        ports = dict(zip(CONTAINER_PORTS, [server.port, *free_ports(5)], strict=True))
        found = Project(folder, server, ports)
        try:
            _as_the_image_begins(found)
            found.wait_for("postgres")
            setup, _, _ = found.start("setup"), found.start("mlflow"), found.start("prefect")
            assert setup.wait(180) == 0, (folder / "setup.log").read_text()
            found.wait_for("mlflow", "prefect")
            found.start("worker")
            if find_spec("churn.dashboard") is not None:
                found.start("dashboard")
                found.wait_for("dashboard")
            found.start("api")
            found.wait_for("api")
            found.wait_for("worker")
            yield found
        finally:
            sweep(folder)


def _as_the_image_begins(project: Project) -> None:
    """What the entry point of the image `postgres` does with an empty volume."""
    environment = SERVICES["postgres"]["environment"]
    project.server.psql("postgres", "-c", f"CREATE DATABASE {environment['POSTGRES_DB']}")
    project.server.psql(environment["POSTGRES_DB"], "-f", str(PROJECT_DIR / _mounted_script()), **environment)


def _mounted_script() -> str:
    """The file that is mounted where the image looks for what to run first."""
    mounts = [volume.split(":") for volume in SERVICES["postgres"]["volumes"]]
    return next(source for source, target, *_ in mounts if target.startswith("/docker-entrypoint-initdb.d/"))


@pytest.fixture(scope="module")
def run(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run of the deployment, by the worker, to its end."""
    extract = write_extract(tmp_path_factory.mktemp("landing") / "extract.csv", make_extract(600))
    deployment = project.prefect("deployments/name/churn_pipeline/churn-pipeline")
    parameters = {"source": str(extract), "as_of": DAY.isoformat()}
    made = project.prefect(f"deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
    final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    eventually(lambda: project.prefect(f"flow_runs/{made['id']}")["state_type"] in final, 300, 0.5)
    return dict(project.prefect(f"flow_runs/{made['id']}"))


def test_a_run_through_the_worker_is_published(project: Project, run: dict[str, Any]) -> None:
    assert run["state_type"] == "COMPLETED", project.tail("worker")
    uri = project.server.uri("churn", "churn_bi", PASSWORDS["CHURN_BI_PASSWORD"])
    engine = sa.create_engine(uri.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as reader:
        published = reader.execute(sa.text("SELECT prediction_date, customers_count FROM reporting.kpi_daily")).all()
    engine.dispose()

    assert [tuple(row) for row in published] == [(DAY, 600)]


def test_the_champion_is_in_mlflow_with_its_artifacts_on_the_volume(project: Project, run: dict[str, Any]) -> None:
    mlflow = f"http://127.0.0.1:{project.ports['5000']}/api/2.0/mlflow"
    version = ask(f"{mlflow}/registered-models/alias?name=telco_churn_best_model&alias=champion", login=LOGIN)[
        "model_version"
    ]

    assert version["version"] == "1"
    assert [*(project.folder / "artifacts").rglob("model.skops")] != []


def test_the_dashboard_s_user_reads_what_its_pages_show(project: Project, run: dict[str, Any], tmp_path: Path) -> None:
    command = [str(BIN / "churn"), "report", "--out", str(tmp_path / "report.html")]

    done = subprocess.run(command, env=project.environment("dashboard"), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "600" in (tmp_path / "report.html").read_text()


def test_prefect_and_mlflow_keep_their_records_in_postgres(project: Project, run: dict[str, Any]) -> None:
    assert project.server.psql("mlflow", "-c", "SELECT count(*) > 0 FROM runs") == "t"
    if full_programs() is None:
        pytest.skip("the embedded server lacks pg_trgm: Prefect ran on SQLite here")
    assert project.server.psql("prefect", "-c", "SELECT count(*) > 0 FROM flow_run") == "t"


def test_places_in_prefects_queue_are_kept_on_a_volume(project: Project, run: dict[str, Any]) -> None:
    assert SERVICES["prefect"]["volumes"] == ["prefect:/state"]
    assert list((project.folder / "state" / "prefect" / "concurrency_leases").iterdir())


def test_nothing_was_written_where_the_image_is_read_only(project: Project, run: dict[str, Any]) -> None:
    began = (project.folder / "setup.log").stat().st_ctime
    writable = [PROJECT_DIR / "transforms" / ".cache"]
    changed = [
        path
        for room in ("churn", "flows", "transforms")
        for path in (PROJECT_DIR / room).rglob("*")
        if path.is_file() and path.stat().st_mtime > began and "__pycache__" not in path.parts
    ]

    assert [path for path in changed if not any(path.is_relative_to(place) for place in writable)] == []
    assert "/app/transforms/.cache:mode=1777" in SERVICES["worker"]["tmpfs"]


def test_no_password_is_in_a_list_of_processes_or_a_log(project: Project, run: dict[str, Any]) -> None:
    commands = [" ".join(process.cmdline()) for process in find_marked(project.folder)]
    logs = [path.read_text(errors="replace") for path in project.folder.glob("*.log")]

    assert len(commands) >= 4
    assert [text for text in (*commands, *logs) if any(secret in text for secret in PASSWORDS.values())] == []


@pytest.mark.parametrize("port", ["4200", "5000"])
@pytest.mark.parametrize(("headers", "code"), [({}, 401), ({"Host": "evil.example"}, 403)], ids=["no login", "name"])
def test_prefect_and_mlflow_answer_to_whoever_logs_in(
    project: Project, port: str, headers: dict[str, str], code: int
) -> None:
    path = {"4200": "/api/deployments/filter", "5000": "/api/2.0/mlflow/experiments/search"}[port]

    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"http://127.0.0.1:{project.ports[port]}{path}", {"max_results": 1}, **headers)

    assert refused.value.code == code


def test_a_variable_that_is_missing_is_named() -> None:
    required = set(re.findall(r"\$\{([A-Z_]+):\?set \1 in \.env, see \.env\.example\}", TEXT))

    assert required == set(REQUIRED)
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) == required
    with pytest.raises(KeyError, match="CHURN_BI_PASSWORD"):
        interpolate(TEXT, PASSWORDS | {"CHURN_BI_PASSWORD": ""})


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("user", "churn") in ("postgres", "churn")  # the image's own user is churn
    assert re.search(r":\d+\.\d+", service["image"]), "the version is not pinned"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "healthcheck" in service or service["restart"] == "no"


def test_docker_takes_the_file_and_reads_in_it_what_was_run_here(tmp_path: Path) -> None:
    compose = _find_compose()
    filled = tmp_path / ".env"
    filled.write_text("".join(f"{name}={value}\n" for name, value in PASSWORDS.items()))
    command = [*compose, "--file", str(PROJECT_DIR / "compose.yaml"), "--env-file", str(filled), "config"]

    taken = subprocess.run(command, capture_output=True, text=True, check=False)
    filled.write_text("")
    refused = subprocess.run(command, capture_output=True, text=True, check=False)

    assert taken.returncode == 0, taken.stderr
    read = yaml.safe_load(taken.stdout)["services"]
    for name, service in SERVICES.items():
        assert read[name].get("command") == service.get("command")
        assert read[name]["environment"] == service["environment"]
        image = read[name].get("build", {}).get("dockerfile_inline", "").replace("$$", "$")  # written to be read again
        assert image == service.get("build", {}).get("dockerfile_inline", "")
    assert refused.returncode != 0
    assert re.search(r"required variable \w+_PASSWORD is missing a value: set \w+ in .env", refused.stderr)


def _find_compose() -> list[str]:
    """Docker's plugin, or compose as a program of its own; either reads the file without an engine."""
    found = [command for command in (["docker", "compose"], ["docker-compose"]) if _version_of(command) != ()]
    if not found:
        pytest.skip("no docker compose on this machine")
    able = [command for command in found if _version_of(command) >= (2,)]
    if not able:
        pytest.skip("docker-compose 1, as Debian has it, refuses the file's top-level `name`; 2 and later take it")
    return able[0]


def _version_of(command: list[str]) -> tuple[int, ...]:
    """The version of a compose; () where there is none."""
    if shutil.which(command[0]) is None:
        return ()
    told = subprocess.run([*command, "version"], capture_output=True, text=True, check=False)
    return read_version(told.stdout) if told.returncode == 0 else ()


def read_version(told: str) -> tuple[int, ...]:
    """The numbers that `docker compose version` or `docker-compose version` prints first; () where there are none."""
    found = re.search(r"ompose version:? v?(\d+(?:\.\d+)+)", told)
    return tuple(map(int, found[1].split("."))) if found else ()


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("docker-compose version 1.29.2, build unknown\ndocker-py version: 5.0.3\n", (1, 29, 2)),
        ("Docker Compose version v2.32.1\n", (2, 32, 1)),
        ("Docker Compose version 2.26.1-4\n", (2, 26, 1)),
        ("Cannot connect to the Docker daemon", ()),
    ],
)
def test_the_version_of_a_compose_is_read_however_it_is_told(told: str, version: tuple[int, ...]) -> None:
    assert read_version(told) == version

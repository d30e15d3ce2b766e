"""What all tests share: a Postgres with telecoms to copy, the two marks, and the order in which files are run."""

import gc
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from churn.settings import PROJECT_DIR, Settings, load_settings
from tests.support.factories import DAY as DAY
from tests.support.telecoms import Telecoms

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
# Two workers on two cores: threads of one would wait for those of the other. Commands that are called inherit it.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
os.environ["CHURN_RETRY_DELAY_SECONDS"] = "0"  # Before flows are imported: their tasks take it from there.

import skops.io  # noqa: F401 Searches every loaded module for 840 names: 0.3 s before anything large, 2 s after it.

gc.set_threshold(100_000)  # As the command does: a tenth of the time goes into searching libraries for garbage.

PUBLIC_SAMPLE = PROJECT_DIR.parent / "shared" / "data" / "WA_Fn-UseC_-Telco-Customer-Churn.csv"


INTEGRATION_ROOMS = ("integration", "flows", "dashboard")
INTEGRATION_FIXTURES = {"server", "prefect_server", "browser", "reader"}
"""A room whose tests need Postgres, Prefect or a browser, and the fixtures by which a test of another room does."""

SECONDS = {
    "test_guides.py": 120,
    "test_stack.py": 90,
    "test_deployment.py": 80,
    "test_churn_pipeline.py": 75,
    "test_pages.py": 70,
    "test_changes.py": 60,
    "test_command_line.py": 55,
    "test_compose.py": 50,
    "test_faults.py": 50,
    "test_backfill.py": 45,
    "test_contract_properties.py": 45,
    "test_publish_processes.py": 40,
    "test_house.py": 40,
    "test_gate.py": 27,
    "test_campaign_truth.py": 30,
    "test_backups.py": 30,
    "test_figures.py": 30,
    "test_declared_extract.py": 40,
    "test_forgetting.py": 30,
    "test_pruning.py": 30,
    "test_matured_labels.py": 25,
    "test_roles.py": 20,
    "test_registries.py": 20,
    "test_laws.py": 20,
    "test_torn_days.py": 20,
    "test_promotion.py": 18,
    "test_killed_loads.py": 18,
    "test_temporary_prefect.py": 16,
    "test_publish.py": 15,
    "test_sqlmesh.py": 15,
    "test_evaluation.py": 15,
    "test_duckdb.py": 13,
    "test_upgrade.py": 12,
    "test_corrections.py": 10,
    "test_living.py": 10,
}
"""How long the longest files take on two idle cores. They begin first, so that both workers end at the same time."""

TOGETHER = dict.fromkeys(
    (
        "test_exporting.py",
        "test_published_day.py",
        "test_secrets.py",
        "test_campaigns.py",
        "test_deliveries.py",
        "test_webhooks.py",
        "test_online_scores.py",
        "test_serving.py",
        "test_following.py",
        "test_what_if.py",
        "test_segments.py",
    ),
    "test_churn_pipeline.py",
)
"""Files that look at the telecom with a model, which one worker trains for all of them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks what needs more than Python, leaves long proofs out unless they are asked for, puts long files first."""
    for item in items:
        rooms = item.path.relative_to(config.rootpath).parts
        fixtures = set(getattr(item, "fixturenames", ()))
        if INTEGRATION_FIXTURES & fixtures or (len(rooms) > 1 and rooms[1] in INTEGRATION_ROOMS):
            item.add_marker("integration")
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(0))
    if "slow" not in config.option.markexpr:  # A mark expression of the command line takes the place of a default one.
        left_out = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: -SECONDS.get(TOGETHER.get(item.path.name, item.path.name), 0))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One file is run by one worker, and so are files that belong together."""
    from xdist.scheduler import LoadFileScheduling

    class TogetherScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            name = file.rpartition("/")[2]
            return TOGETHER.get(name) or (name if name in TOGETHER.values() else file)

    return TogetherScheduling(config, log)


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the embedded Postgres that this worker's tests share."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def server(server_home: Path) -> Iterator[str]:
    """Address of a running embedded Postgres."""
    import psycopg

    from churn.stores.postgres.embedded import start_embedded, stop_embedded

    address = start_embedded(server_home)
    with psycopg.connect(address.replace("/churn?", "/postgres?"), autocommit=True) as connection:
        # What a power cut leaves is not tested, and waiting for the disk is half of what a short statement takes.
        for option in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {option} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield address
    stop_embedded(server_home)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables by which commands reach a Prefect server that this worker's tests share; it ends with the worker."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

    from churn.local_stack.temporary_prefect import reach_prefect

    home = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PREFECT_HOME", str(home))
        monkeypatch.setenv("CHURN_HOME", str(home))
        with reach_prefect(load_settings()) as wait:
            wait()
            access = {
                "PREFECT_API_URL": PREFECT_API_URL.value(),
                "PREFECT_API_AUTH_STRING": PREFECT_API_AUTH_STRING.value(),
            }
    return {**access, "PREFECT_UI_URL": ""}


@pytest.fixture(scope="module")
def prefect(prefect_server: dict[str, str]) -> Iterator[None]:
    """Flows that a module calls in its own process run on the shared Prefect server."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_UI_URL, temporary_settings

    names = (PREFECT_API_URL, PREFECT_API_AUTH_STRING, PREFECT_UI_URL)
    with temporary_settings({name: prefect_server[name.name] for name in names}):
        yield


def new_database(server: str) -> str:
    """Creates an empty database on the server and returns its address."""
    from churn.stores.postgres.database import create_database_if_missing

    name = f"test_{uuid.uuid4().hex[:12]}"
    create_database_if_missing(server, name)
    return server.replace("/churn?", f"/{name}?")


def with_password(uri: str, password: str) -> str:
    """Returns the address with another administrator, whose password a test chose."""
    import psycopg

    user = f"planted_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{password}'")
    place = uri.partition("@")[2]
    return f"postgresql://{user}:{password}@{place}"


@pytest.fixture
def settings(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of this test alone: an empty database, a home folder in tmp_path."""
    monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return load_settings()


@pytest.fixture(scope="session")
def telecoms(server: str, tmp_path_factory: pytest.TempPathFactory) -> Telecoms:
    """Telecoms that were made once, to copy."""
    return Telecoms(server, tmp_path_factory.mktemp("telecoms"))


@pytest.fixture
def deployed(telecoms: Telecoms, tmp_path: Path) -> Iterator[Settings]:
    """Settings of this test alone, as `settings`, but the SQL models are deployed in the database."""
    with telecoms.copy("deployed", tmp_path / "home") as found:
        yield found


@pytest.fixture(scope="module")
def published(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a database in which 1,200 made-up customers are published for DAY. Shared: read only."""
    with telecoms.copy("learned", tmp_path_factory.mktemp("published") / "home") as found:
        yield found


@pytest.fixture(scope="session")
def public_sample() -> Path:
    """The real public file; tests that need it are skipped where it is not."""
    if not PUBLIC_SAMPLE.exists():
        pytest.skip(f"the public sample is not at {PUBLIC_SAMPLE.relative_to(PROJECT_DIR.parent)}")
    return PUBLIC_SAMPLE

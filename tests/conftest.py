"""One embedded Postgres for the whole session; a database of its own for each test that asks for one."""

import gc
import os
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from churn.settings import PROJECT_DIR, Settings, load_settings
from tests.support.factories import make_extract, write_extract

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ["CHURN_RETRY_DELAY_SECONDS"] = "0"  # Before flows are imported: their tasks take it from there.

gc.set_threshold(100_000)  # As the command does: a tenth of the time goes into searching libraries for garbage.

DAY = date(2026, 1, 31)
PUBLIC_SAMPLE = PROJECT_DIR.parent / "shared" / "data" / "WA_Fn-UseC_-Telco-Customer-Churn.csv"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running embedded Postgres."""
    from churn.stores.postgres.embedded import start_embedded, stop_embedded

    home = tmp_path_factory.mktemp("server")
    yield start_embedded(home)
    stop_embedded(home)


def new_database(server: str) -> str:
    """Creates an empty database on the server and returns its address."""
    from churn.stores.postgres.database import create_database_if_missing

    name = f"test_{uuid.uuid4().hex[:12]}"
    create_database_if_missing(server, name)
    return server.replace("/churn?", f"/{name}?")


@pytest.fixture
def settings(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of this test alone: an empty database, a home folder in tmp_path."""
    monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return load_settings()


@pytest.fixture(scope="module")
def published(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a database in which 1,200 made-up customers are published for DAY. Shared: read only."""
    from churn.learning.params import ModelParams
    from churn.stages import intake, learning, scoring, transforms

    folder = tmp_path_factory.mktemp("published")
    extract = write_extract(folder / "extract.csv", make_extract(1200))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
        monkeypatch.setenv("CHURN_HOME", str(folder / "home"))
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        found = load_settings()
        intake.load_extract(found, extract, DAY)
        intake.validate_extract(found, DAY)
        transforms.run_transforms(found, DAY)
        transforms.audit_transforms(found, DAY)
        learning.train_models(found, DAY, ModelParams(forest_trees=40, boosting_rounds=40))
        scoring.score_customers(found, DAY, "test run")
        scoring.publish(found, DAY)
        yield found


@pytest.fixture(scope="session")
def public_sample() -> Path:
    """The real public file; tests that need it are skipped where it is not."""
    if not PUBLIC_SAMPLE.exists():
        pytest.skip(f"the public sample is not at {PUBLIC_SAMPLE.relative_to(PROJECT_DIR.parent)}")
    return PUBLIC_SAMPLE

"""One embedded Postgres for the whole session; a database of its own for each test that asks for one."""

import gc
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn.settings import PROJECT_DIR, Settings, load_settings
from tests.support.factories import DAY as DAY
from tests.support.telecoms import Telecoms

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ["CHURN_RETRY_DELAY_SECONDS"] = "0"  # Before flows are imported: their tasks take it from there.

gc.set_threshold(100_000)  # As the command does: a tenth of the time goes into searching libraries for garbage.

PUBLIC_SAMPLE = PROJECT_DIR.parent / "shared" / "data" / "WA_Fn-UseC_-Telco-Customer-Churn.csv"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running embedded Postgres."""
    import psycopg

    from churn.stores.postgres.embedded import start_embedded, stop_embedded

    home = tmp_path_factory.mktemp("server")
    address = start_embedded(home)
    with psycopg.connect(address.replace("/churn?", "/postgres?"), autocommit=True) as connection:
        # What a power cut leaves is not tested, and waiting for the disk is half of what a short statement takes.
        for option in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {option} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield address
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

"""The doctor tries what a run needs: to record in the registry, to read the landing folder, to send an alert."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from churn.errors import AccessRefused, ChurnError, RegistryDown, WrongUsage, may_pass_by_itself
from churn.reporting import doctor, trials
from churn.settings import Settings, load_settings
from churn.stack_note import Note
from churn.stores.model_registry import registry
from churn.stores.postgres.database import create_database_if_missing
from tests.support.receivers import Receivers, listening


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with listening() as got:
        yield got


def test_a_test_alert_arrives(receivers: Receivers, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_ALERT_URLS", receivers.web_address)

    told = trials.try_alerts(load_settings(), is_sent=True)

    assert told == "sent to json; each of them accepted the test alert"
    assert [one["title"] for one in receivers.web] == ["[churn] test: alerts arrive here"]


def test_an_alert_that_is_not_accepted_is_not_well(
    receivers: Receivers, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    receivers.status = 500
    monkeypatch.setenv("CHURN_ALERT_URLS", receivers.web_address)

    with pytest.raises(ChurnError, match="Not every address of CHURN_ALERT_URLS accepted the test alert"):
        trials.try_alerts(load_settings(), is_sent=True)


def test_without_an_address_for_alerts_the_doctor_is_not_well(settings: Settings) -> None:
    found = next(one for one in doctor.examine(settings, None) if one.subject == "alerts")

    assert not found.is_well
    assert "set CHURN_ALERT_URLS" in found.told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["customers-2026-01-30.csv", "customers-2026-01-31.csv"], "2 extracts in "),
        (["customers-2026-01-31.csv", "customers-2026-01-31.csv.gz"], "A run leaves out files of "),
        (["customers-2026-01-30.csv", "customers-2026-01-31.txt"], "A run leaves out files of "),
    ],
    ids=["two days", "two files of a day", "an odd ending"],
)
def test_the_landing_folder_is_looked_into(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], told: str
) -> None:
    monkeypatch.setattr(trials, "LANDING", tmp_path / "landing")
    (tmp_path / "landing").mkdir()
    for name in names:
        (tmp_path / "landing" / name).touch()

    found = next(one for one in doctor.examine(settings, None) if one.subject == "landing")

    assert found.told.startswith(told)
    assert found.is_well is told.startswith("2 extracts")


def test_a_missing_landing_folder_matters_while_the_stack_runs_the_deployment(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "LANDING", tmp_path / "landing")

    assert trials.try_landing(settings).startswith("no folder landing")
    monkeypatch.setattr(trials, "find_stack", lambda home: Note(1, ()))
    with pytest.raises(WrongUsage, match="landing does not exist"):
        trials.try_landing(settings)


@pytest.fixture
def without_mlflow(server: str) -> Iterator[None]:
    """MLflow's database is put aside and comes back: this process makes its tables at its first connection only."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'mlflow'"
    with psycopg.connect(server.replace("/churn?", "/postgres?"), autocommit=True) as connection:
        was_there = connection.execute("SELECT FROM pg_database WHERE datname = 'mlflow'").fetchone() is not None
        if was_there:
            connection.execute(end)
            connection.execute("ALTER DATABASE mlflow RENAME TO mlflow_aside")
        yield
        connection.execute("DROP DATABASE IF EXISTS mlflow WITH (FORCE)")
        if was_there:
            connection.execute("ALTER DATABASE mlflow_aside RENAME TO mlflow")


@pytest.mark.usefixtures("without_mlflow")
@pytest.mark.parametrize("is_there", [False, True], ids=["no right to create it", "no right to create tables"])
def test_a_user_who_may_not_keep_mlflows_records_is_told_at_once(
    server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    """MLflow itself tries for minutes, and the doctor of before said ok."""
    user = f"weak_{is_there}".lower()
    with psycopg.connect(server.replace("/churn?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'weak'".encode())
    if is_there:
        create_database_if_missing(server, "mlflow")
    assert settings.database_url is not None
    place = settings.database_url.get_secret_value().partition("@")[2]
    monkeypatch.setenv("CHURN_DATABASE_URL", f"postgresql://{user}:weak@{place}")

    with pytest.raises(AccessRefused, match="cannot keep MLflow's records") as refused:
        registry.locate_registry(load_settings())
    found = next(one for one in doctor.examine(load_settings(), None) if one.subject == "registry")

    assert not may_pass_by_itself(refused.value)
    assert not found.is_well
    assert "let an administrator create a database named mlflow whose owner is this user" in found.told


def test_the_doctor_records_in_a_registry_and_says_when_it_cannot(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # Without a server MLflow keeps the artifacts in the working folder.
    monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    try:
        assert "took a run and a file" in trials.try_registry(load_settings())
        client = registry.connect(load_settings())
        experiment = client.get_experiment_by_name(registry.EXPERIMENT)
        assert client.search_runs([experiment.experiment_id]) == []

        registry.connect.cache_clear()
        monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        with pytest.raises(RegistryDown):
            trials.try_registry(load_settings())
    finally:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it.
        registry.connect.cache_clear()

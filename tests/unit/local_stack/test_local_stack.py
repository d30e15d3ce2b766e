"""The note of the local stack is believed only while its supervisor lives; what the environment says wins over it."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from churn.local_stack.services import services_of
from churn.local_stack.temporary_prefect import reach_prefect
from churn.settings import load_settings
from churn.stack_note import Note, Standing, find_stack, is_locked, remove_lock, take_lock, write_note

REGISTRY = Standing("mlflow", "MLflow", "http://127.0.0.1:5999", 1, is_well=True, starts=1)
NOTE = Note(os.getpid(), (REGISTRY,))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHURN_HOME", str(tmp_path))
    for name in ("MLFLOW_TRACKING_URI", "CHURN_MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_note_is_believed_while_its_supervisor_holds_the_lock(home: Path) -> None:
    write_note(home, NOTE)
    with take_lock(home):
        assert find_stack(home) == NOTE
    assert find_stack(home) is None


def test_a_note_that_was_never_finished_says_nothing(home: Path) -> None:
    (home / "stack.json").write_text('{"supervisor_pid": 1, "serv')
    with take_lock(home):
        assert find_stack(home) is None


def test_only_one_holds_the_lock(home: Path) -> None:
    with take_lock(home) as first, take_lock(home) as second:
        assert first is not None
        assert second is None
        assert is_locked(home)
    assert not is_locked(home)


def test_a_lock_whose_file_was_removed_guards_nothing_new(home: Path) -> None:
    with take_lock(home):
        remove_lock(home)
        assert not is_locked(home)
        with take_lock(home) as another:
            assert another is not None


def test_settings_find_the_registry_of_a_stack_that_is_up(home: Path) -> None:
    write_note(home, NOTE)
    with take_lock(home):
        found = load_settings().mlflow_tracking_uri
    assert found is not None
    assert found.get_secret_value() == "http://127.0.0.1:5999"
    assert load_settings().mlflow_tracking_uri is None


def test_what_the_environment_says_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere:5000")
    write_note(home, NOTE)
    with take_lock(home):
        found = load_settings().mlflow_tracking_uri
    assert found is not None
    assert found.get_secret_value() == "http://elsewhere:5000"


def test_a_registry_that_is_not_well_is_not_used(home: Path) -> None:
    ill = Standing("mlflow", "MLflow", "http://127.0.0.1:5999", 1, is_well=False, starts=1)
    write_note(home, Note(os.getpid(), (ill,)))
    with take_lock(home):
        assert load_settings().mlflow_tracking_uri is None


def test_a_prefect_that_was_chosen_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    prefect = Standing("prefect", "Prefect", "http://127.0.0.1:4299", 1, is_well=True, starts=1)
    write_note(home, Note(os.getpid(), (prefect,)))
    chosen = {PREFECT_API_URL: "http://chosen:4200/api"}
    with take_lock(home), temporary_settings(chosen), reach_prefect(load_settings()):
        assert PREFECT_API_URL.value() == "http://chosen:4200/api"


def test_places_in_prefects_queue_outlive_its_server(home: Path) -> None:
    (prefect,) = (service for service in services_of(load_settings()) if service.name == "prefect")
    module = prefect.environment["PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"]
    assert find_spec(module) is not None
    assert module.endswith(".filesystem")

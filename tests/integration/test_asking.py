"""A run with nothing to do says so before anything large starts, and one that has something to do is never left out."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from churn.economics.policies import POLICY_FILE
from churn.errors import ContractBroken, WrongUsage
from churn.settings import Settings, load_settings
from churn.stages import asking
from churn.stores.sql_models import contexts
from churn.terminal import door
from tests.conftest import DAY
from tests.support.changes import copy_project
from tests.support.days import ask, execute, write_day
from tests.support.factories import make_customer, make_extract, write_extract
from tests.support.receivers import listening
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at, leave


@pytest.fixture
def finished(telecoms: Telecoms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A telecom of which DAY is published, and whose last run of DAY was complete."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    with telecoms.copy("published", tmp_path / "home") as settings:
        asking.remember_run(at(settings), DAY)
        yield settings


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """The file that was run."""
    return write_day(tmp_path, DAY)


def knock(source: Path, day: date = DAY) -> object:
    """What a command sees that is called now: settings and files are read again."""
    leave()
    return door.find_unchanged_status(load_settings(), str(source), day, None)


def test_a_run_with_nothing_new_shows_the_status_and_what_it_skipped(
    finished: Settings, extract: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = door.find_unchanged_status(finished, str(extract), DAY, None)

    assert status is not None
    assert (status.as_of_date, status.customers) == (DAY, 400)
    said = " ".join(capsys.readouterr().err.split())
    assert f"Nothing has changed since the run of {DAY} ended" in said
    assert f"{DAY} already has exactly this file (400 customers)" in said


def test_a_folder_without_a_new_file_shows_the_status(finished: Settings, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    write_day(landing, DAY).rename(landing / f"customers-{DAY}.csv")

    assert door.find_unchanged_status(finished, str(landing), None, None) is not None
    write_extract(landing / "customers-2026-02-01.csv", make_extract(390))
    assert door.find_unchanged_status(finished, str(landing), None, None) is None


def change_a_model(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "TRANSFORMS_DIR", copy_project(folder / "changed"))
    with (contexts.TRANSFORMS_DIR / "models" / "reporting" / "kpi_daily.sql").open("a") as model:
        model.write("\n")


def change_the_policy(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "policy.toml").write_text(POLICY_FILE.read_text() + "# other bytes\n")
    monkeypatch.setenv("CHURN_POLICIES", str(folder / "policy.toml"))


def change_a_library(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "version", lambda name: "0.0")


def by_statement(statement: str) -> Callable[[Settings, Path, pytest.MonkeyPatch], None]:
    return lambda settings, folder, monkeypatch: execute(settings, statement.format(day=DAY))


CHANGES = {
    "a model": change_a_model,
    "the policy": change_the_policy,
    "a library": change_a_library,
    "scores dropped": by_statement("DELETE FROM analytics.predictions WHERE prediction_date = '{day}'"),
    "a raw row changed": by_statement("UPDATE raw_data.telco_churn_raw SET monthly_charges = monthly_charges + 1"),
    "features dropped": by_statement("DELETE FROM analytics.fct_customer_features WHERE as_of_date = '{day}'"),
    "a view dropped": by_statement("DROP VIEW reporting.model_history"),
    "the date withdrawn": by_statement("UPDATE ops.publications SET status = 'withdrawn', published_at = NULL"),
    "a plan by hand": by_statement("UPDATE sqlmesh._environments SET plan_id = 'by hand'"),
    "a plan that was interrupted": by_statement("UPDATE sqlmesh._environments SET finalized_ts = NULL"),
    "no run remembered": by_statement("DELETE FROM ops.finished_runs"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_gives_the_run_work(
    change: str, finished: Settings, extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert knock(extract) is not None

    CHANGES[change](finished, tmp_path, monkeypatch)

    assert knock(extract) is None


def test_another_file_or_date_gives_the_run_work(finished: Settings, tmp_path: Path, extract: Path) -> None:
    other = write_extract(tmp_path / "other.csv", make_extract(390))

    assert knock(other) is None
    assert knock(extract, date(2026, 1, 30)) is None


def test_with_a_prefect_server_the_run_starts_and_is_recorded_there(
    finished: Settings, extract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")

    assert knock(extract) is None


def test_what_cannot_be_asked_is_left_to_the_run(finished: Settings, extract: Path) -> None:
    execute(finished, "DROP TABLE raw_data.telco_churn_raw CASCADE")

    assert knock(extract) is None


def test_a_file_without_a_column_is_refused_at_the_door_in_the_ledger_and_by_an_alert(
    finished: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incomplete = [{key: value for key, value in make_customer().items() if key != "Churn"}]
    broken = write_extract(tmp_path / "broken.csv", incomplete)

    with listening() as receivers:
        monkeypatch.setenv("CHURN_ALERT_URLS", receivers.web_address)
        with pytest.raises(ContractBroken, match=r"broken\.csv lacks the column Churn"):
            knock(broken)

    (line,) = ask(finished, "SELECT snapshot_date, status, reason FROM raw_data.loads ORDER BY load_id DESC LIMIT 1")
    assert line == (DAY, "refused", "broken.csv lacks the column Churn.")
    assert [alert["title"] for alert in receivers.web] == [f"[churn] warning: churn_pipeline of {DAY} failed"]
    assert ask(finished, "SELECT count(*) FROM reporting.customer_scores") == [(400,)]


def test_a_source_that_is_not_there_or_no_file_is_refused_at_the_door(finished: Settings, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="There is no file"):
        knock(tmp_path / "nowhere.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ContractBroken, match="is empty"):
        knock(tmp_path / "empty.csv")

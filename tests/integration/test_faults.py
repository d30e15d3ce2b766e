"""What breaks around a run, and what the run makes of it. Each fault is real: servers stop, disks fill, clocks jump."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

from churn import timeline
from churn.errors import ModelRefused, RegistryDown
from churn.learning import params
from churn.settings import Settings, load_settings
from churn.shell.one_line import one_line_errors
from churn.stages import intake, transforms
from churn.stores import sql_models
from churn.stores.ledgers.promotions import require_champion
from churn.stores.model_registry import loading, recording, registry
from churn.stores.postgres.copying import read_batches
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import start_embedded, stop_embedded
from churn.stores.rows import predictions, snapshots
from churn.stores.sql_models import console
from flows.churn_pipeline import churn_pipeline
from tests.support.days import ask, day_number, execute
from tests.support.disks import full_disk
from tests.support.factories import make_extract, write_extract
from tests.support.receivers import Receivers, listening
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

CUSTOMERS = 500
YESTERDAY, TODAY, TOMORROW = day_number(0), day_number(1), day_number(2)


@pytest.fixture(scope="module")
def postgres(server: str, server_home: Path) -> Iterator[Path]:
    """The home of the worker's Postgres, which tests here stop and start: the worker runs no other test meanwhile."""
    yield server_home
    start_embedded(server_home)


@pytest.fixture(scope="module")
def receivers() -> Iterator[Receivers]:
    with listening() as got:
        yield got


@pytest.fixture(scope="module")
def telecom(
    prefect: None,
    postgres: Path,
    telecoms: Telecoms,
    receivers: Receivers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A folder of extracts; yesterday's is published by a champion trained on it."""
    folder = tmp_path_factory.mktemp("telecom")
    with telecoms.copy("deployed", folder / "home"), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_ALERT_URLS", receivers.web_address)
        small = partial(params.ModelParams, forest_trees=10, boosting_rounds=10)
        monkeypatch.setattr(params, "ModelParams", small)
        run(folder, YESTERDAY)
        yield folder


@pytest.fixture
def settings(telecom: Path, receivers: Receivers) -> Settings:
    receivers.forget()
    return load_settings()


def run(folder: Path, day: date, seed: int = 0) -> list[str]:
    """The whole flow for a day; returns what its stages said. Customers of another seed are trained on anew."""
    extract = folder / f"{day}.csv"
    if not extract.exists():
        write_extract(extract, make_extract(CUSTOMERS, seed=seed))
    return [outcome.summary for outcome in churn_pipeline(str(extract), day)]


def published(settings: Settings) -> list[object]:
    return [row[0] for row in ask(settings, "SELECT prediction_date FROM reporting.kpi_daily ORDER BY 1")]


def rows_of(settings: Settings, day: date) -> list[tuple[object, ...]]:
    tables = ("raw_data.telco_churn_raw", "analytics.predictions", "analytics.customer_risk")
    columns = dict(zip(tables, ("snapshot_date", "prediction_date", "prediction_date"), strict=True))
    return [ask(settings, f"SELECT count(*) FROM {table} WHERE {columns[table]} = '{day}'")[0] for table in tables]


def disturb_once(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, disturb: Callable[[], Any]) -> None:
    """Lets something happen right before the first call of a function."""
    genuine, calls = getattr(owner, name), []

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) == 1:
            disturb()
        return genuine(*arguments, **options)

    monkeypatch.setattr(owner, name, call)


@contextmanager
def without_postgres(home: Path) -> Iterator[None]:
    stop_embedded(home)
    try:
        yield
    finally:
        start_embedded(home)


def test_postgres_restarted_in_every_stage_is_got_over_by_trying_again(
    telecom: Path, settings: Settings, postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restarts = []

    def restart() -> None:
        with without_postgres(postgres):
            restarts.append(1)

    within_a_model = (console.RecordingConsole, "update_snapshot_evaluation_progress")
    for owner, name in (
        within_a_model,
        (snapshots, "replace_snapshot"),
        (sql_models, "refresh"),
        (sql_models, "audit"),
        (recording, "record_training"),
        (predictions, "stage_predictions"),
        (predictions, "publish"),
    ):
        disturb_once(monkeypatch, owner, name, restart)

    told = run(telecom, TODAY, seed=1)

    assert len(restarts) == 7
    assert told[-4].startswith(f"{TODAY} is published")
    assert published(settings) == [YESTERDAY, TODAY]
    assert rows_of(settings, TODAY) == [(CUSTOMERS,)] * 3


def test_postgres_down_for_good_is_told_and_leaves_nothing_half_written(
    telecom: Path,
    settings: Settings,
    postgres: Path,
    receivers: Receivers,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = published(settings)
    disturb_once(monkeypatch, predictions, "stage_predictions", lambda: stop_embedded(postgres))
    try:
        with pytest.raises(typer.Exit) as stopped, one_line_errors(verbose=False):
            run(telecom, TOMORROW)
    finally:
        start_embedded(postgres)

    assert stopped.value.exit_code == 1
    assert "churn: The database did not answer: " in capsys.readouterr().err
    assert [told["title"] for told in receivers.web] == [f"[churn] critical: churn_pipeline of {TOMORROW} failed"]
    assert f"the last date that they saw is {before[-1]}." in receivers.web[0]["message"]
    assert published(settings) == before
    assert rows_of(settings, TOMORROW)[1:] == [(0,), (0,)]

    run(telecom, TOMORROW)

    assert published(settings) == [*before, TOMORROW]
    assert receivers.web[-1]["title"] == "[churn] recovered: churn_pipeline works again"


def test_while_the_registry_is_down_the_kept_champion_scores_and_both_are_said(
    telecom: Path, settings: Settings, receivers: Receivers
) -> None:
    day = next_day(settings)
    with registry_down(settings):
        told = run(telecom, day, seed=2)

    assert "stays the champion: The MLflow registry did not answer" in told[-6]
    assert "from its copy under CHURN_HOME, because the registry does not answer" in told[-5]
    assert published(settings)[-1] == day
    (alert,) = receivers.web
    assert (alert["title"], alert["type"]) == ("[churn] warning: training failed", "warning")
    assert f"readers still see {day - timedelta(days=1)}" in alert["message"]

    run(telecom, day + timedelta(days=1), seed=2)

    assert receivers.web[-1]["title"] == "[churn] recovered: training works again"


def test_a_copy_of_the_champion_whose_bytes_changed_is_refused(settings: Settings) -> None:
    champion = require_champion(open_engine(settings)).model
    loading.load_predictor(settings, champion)
    copy = settings.home_dir / "models" / champion.run_id / "model.skops"
    genuine = copy.read_bytes()
    copy.write_bytes(genuine[:-1])
    try:
        with registry_down(settings), pytest.raises(ModelRefused, match="has changed since it was made"):
            loading.load_predictor(settings, champion)
    finally:
        copy.write_bytes(genuine)


def test_without_a_copy_a_registry_that_is_down_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = require_champion(open_engine(settings)).model
    monkeypatch.setenv("CHURN_HOME", str(tmp_path))
    monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    try:
        with pytest.raises(RegistryDown, match="The MLflow registry did not answer"):
            loading.load_predictor(load_settings(), champion)
    finally:
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow's own doing
        registry.connect.cache_clear()


def test_a_full_disk_stops_the_run_in_one_line_and_readers_keep_their_date(
    telecom: Path, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, day = published(settings), next_day(settings)
    experiment = registry.connect(settings).get_experiment_by_name(registry.EXPERIMENT)
    disk = full_disk(Path(experiment.artifact_location.removeprefix("file://")))  # of whoever used the registry first
    with disk, pytest.raises(typer.Exit) as stopped, one_line_errors(verbose=False):
        run(telecom, day, seed=3)

    assert stopped.value.exit_code == 1
    assert "churn: No space is left on the disk" in capsys.readouterr().err
    assert published(settings) == before

    run(telecom, day)

    assert published(settings) == [*before, day]


@pytest.mark.slow
def test_a_clock_that_jumps_during_a_run_changes_no_date(
    telecom: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, day, genuine = published(settings), next_day(settings), timeline.now_utc

    def jump(days: int) -> None:
        monkeypatch.setattr(timeline, "now_utc", lambda: genuine() + timedelta(days=days))

    disturb_once(monkeypatch, intake, "validate_extract", partial(jump, 400))
    disturb_once(monkeypatch, sql_models, "audit", partial(jump, -400))
    run(telecom, day)
    monkeypatch.undo()

    assert published(settings) == [*before, day]
    assert rows_of(settings, day) == [(CUSTOMERS,)] * 3
    assert transforms.run_transforms(at(settings), day).is_skipped


def test_no_statement_may_run_longer_than_a_task(settings: Settings) -> None:
    told = "SELECT current_setting('statement_timeout') AS limit"

    (read,) = read_batches(open_engine(settings), told)

    assert (ask(settings, told), read["limit"].to_list()) == ([("30min",)], ["30min"])


def test_a_statement_that_runs_too_long_is_ended(settings: Settings) -> None:
    engine = open_engine(settings).execution_options(statement_timeout_ms=50)

    with pytest.raises(Exception, match="statement timeout"):
        list(read_batches(engine, "SELECT pg_sleep(5)::text AS slept"))


def next_day(settings: Settings) -> date:
    latest = published(settings)[-1]
    assert isinstance(latest, date)
    return latest + timedelta(days=1)


@contextmanager
def registry_down(settings: Settings) -> Iterator[None]:
    """MLflow's database takes no connections, and ends those it has."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'mlflow'"
    execute(settings, "ALTER DATABASE mlflow ALLOW_CONNECTIONS false")
    ask(settings, end)
    try:
        yield
    finally:
        execute(settings, "ALTER DATABASE mlflow ALLOW_CONNECTIONS true")

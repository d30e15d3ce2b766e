"""The deployments on a Prefect server of their own: scheduled, triggered, and through the death of each part."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.settings import PROJECT_DIR, load_settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.locks import Lock, hold_lock
from tests.conftest import new_database, with_password
from tests.support.factories import make_extract, write_extract
from tests.support.prefect_stack import Stack, running, wait_for
from tests.support.receivers import Receivers, free_port, listening

DEPLOYMENT = "churn_pipeline/churn-pipeline"
PASSWORD = "planted-Password-1"
TOKEN = "plantedToken2"
CUSTOMERS = 500


@pytest.fixture(scope="module")
def receivers() -> Iterator[Receivers]:
    with listening() as got:
        yield got


@pytest.fixture(scope="module")
def engine(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The database of the module, its password a secret."""
    uri = with_password(new_database(server), PASSWORD)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_DATABASE_URL", uri)
        monkeypatch.setenv("CHURN_HOME", str(tmp_path_factory.mktemp("home")))
        yield open_engine(load_settings())


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yesterday's extract, which nobody ran, and today's."""
    folder = tmp_path_factory.mktemp("landing")
    for day in (today() - timedelta(days=1), today()):
        write_extract(folder / f"customers-{day}.csv", make_extract(CUSTOMERS, seed=day.day))
    return folder


@pytest.fixture(scope="module")
def stack(engine: Engine, receivers: Receivers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    alerts = receivers.web_address.replace("json://", f"json://hook:{TOKEN}@")
    with running(tmp_path_factory.mktemp("stack"), free_port(), CHURN_ALERT_URLS=alerts) as found:
        yield found


@pytest.fixture(scope="module")
def scheduled(stack: Stack, landing: Path) -> list[dict[str, Any]]:
    """After a night without a server: the scheduler's runs of two midnights, both late, done by the worker."""
    deployment = stack.ask(f"/deployments/name/{DEPLOYMENT}")["id"]
    stack.ask(f"/deployments/{deployment}", {"parameters": {"source": str(landing)}}, "PATCH")
    night = {"start_time": f"{today() - timedelta(days=1)}T00:00:00Z", "end_time": f"{today()}T00:00:01Z"}
    stack.ask(f"/deployments/{deployment}/schedule", night | {"min_runs": 2, "max_runs": 2})
    late = {
        "flow_runs": {"expected_start_time": {"before_": f"{today()}T00:00:01Z"}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    return [stack.finish(one["id"]) for one in stack.ask("/flow_runs/filter", late)]


def today() -> date:
    return datetime.now(UTC).date()


@contextmanager
def stopped_while_loading(stack: Stack, engine: Engine, landing: Path) -> Iterator[str]:
    """A triggered run that waits in its first stage as long as the block lasts. Yields its id."""
    # A session that waits for a lock asks for it again and again.
    waiting = sa.text("""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock%' AND pid <> pg_backend_pid()
    """)
    with (
        hold_lock(engine, Lock.LOADS),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        run_id = stack.trigger(DEPLOYMENT, source=str(landing), as_of=str(today()))
        wait_for(lambda: bool(connection.execute(waiting).scalar_one()))
        yield run_id


def published(engine: Engine) -> list[date]:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT prediction_date FROM reporting.kpi_daily ORDER BY 1"))
        return list(rows.scalars())


def test_every_deployment_arrives_with_its_schedule_and_bounds(stack: Stack) -> None:
    found = {one["name"]: one for one in stack.ask("/deployments/filter", {})}

    assert set(found) == {"churn-pipeline", "train", "score", "backfill", "campaigns", "digest", "maintain"}
    folders = [one["pull_steps"][0]["prefect.deployments.steps.set_working_directory"] for one in found.values()]
    assert folders == [{"directory": str(PROJECT_DIR)}] * len(found)  # although PWD is another folder
    daily = found["churn-pipeline"]
    midnight = next(schedule for schedule in daily["schedules"] if schedule["slug"] == "midnight")
    assert (midnight["schedule"]["cron"], midnight["schedule"]["timezone"], midnight["active"]) == (
        "0 0 * * *",
        "UTC",
        True,
    )
    assert (daily["global_concurrency_limit"]["limit"], daily["work_pool_name"]) == (1, "churn")
    days = found["backfill"]["parameter_openapi_schema"]["properties"]["days"]
    assert (days["minimum"], days["maximum"]) == (1, 3660)


def test_the_scheduled_runs_publish_what_was_missed_and_then_find_it_published(
    stack: Stack, scheduled: list[dict[str, Any]], engine: Engine
) -> None:
    days = [today() - timedelta(days=1), today()]

    assert [one["state_type"] for one in scheduled] == ["COMPLETED"] * 2, stack.log_of(scheduled[0]["id"])
    assert [one["name"] for one in scheduled] == [f"churn_pipeline {day}" for day in days]
    assert all(one["auto_scheduled"] and set(one["tags"]) >= {"churn", "daily"} for one in scheduled)
    assert published(engine) == days
    nothing = {f"{day} is already published: nothing to do." for day in days}
    wait_for(lambda: any(nothing.intersection(stack.log_of(one["id"])) for one in scheduled))


def test_a_manager_finds_the_pages_of_the_run(stack: Stack, scheduled: list[dict[str, Any]]) -> None:
    wanted = {"artifacts": {"flow_run_id": {"any_": [one["id"] for one in scheduled]}}}
    pages = {one["key"]: one["data"] for one in stack.ask("/artifacts/filter", wanted) if one["type"] == "markdown"}

    assert set(pages) == {"load-report", "model-comparison", "publication"}
    assert "| 500 | 500 | 0 |" in pages["load-report"]
    assert "data:image/png;base64," in pages["model-comparison"]
    assert "| Annual revenue at risk |" in pages["publication"]


@pytest.mark.slow
def test_a_run_outlives_the_death_of_the_prefect_server(
    stack: Stack, scheduled: list[dict[str, Any]], engine: Engine, landing: Path
) -> None:
    with stopped_while_loading(stack, engine, landing) as run_id:
        stack.kill("server")
    stack.start_server()
    ended = stack.finish(run_id)

    assert (ended["state_type"], ended["name"]) == ("COMPLETED", f"churn_pipeline {today()}")
    assert published(engine) == [today() - timedelta(days=1), today()]


def test_a_run_whose_process_dies_is_told_and_so_is_the_recovery(
    stack: Stack, scheduled: list[dict[str, Any]], engine: Engine, landing: Path, receivers: Receivers
) -> None:
    receivers.forget()
    with stopped_while_loading(stack, engine, landing) as run_id:
        (child,) = stack.children("worker")
        os.kill(child, signal.SIGKILL)
        ended = stack.finish(run_id)
        wait_for(lambda: bool(receivers.web))

    assert ended["state_type"] == "CRASHED"
    assert receivers.web[0]["title"] == f"[churn] warning: churn_pipeline of {today()} failed"
    assert "What happened: The process of the run ended: " in receivers.web[0]["message"]
    assert f"Still true: readers still see {today()}" in receivers.web[0]["message"]


@pytest.mark.slow
def test_a_worker_that_dies_with_its_run_blocks_nobody(
    stack: Stack, scheduled: list[dict[str, Any]], engine: Engine, landing: Path, receivers: Receivers
) -> None:
    with stopped_while_loading(stack, engine, landing):
        children = stack.children("worker")
        stack.kill("worker")
        for child in children:
            os.kill(child, signal.SIGKILL)
    let_five_minutes_pass(stack)
    stack.start_worker()
    ended = stack.finish(stack.trigger(DEPLOYMENT, source=str(landing), as_of=str(today())))

    assert ended["state_type"] == "COMPLETED"
    wait_for(lambda: receivers.web[-1]["title"] == "[churn] recovered: churn_pipeline works again")


def let_five_minutes_pass(stack: Stack) -> None:
    """A dead run's place in the queue is leased for five minutes: the lease is made to have ended."""
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    for file in Path(stack.environment["PREFECT_HOME"]).rglob("*lease*/*.json"):
        found = json.loads(file.read_text())
        if "expiration" in found:
            file.write_text(json.dumps(found | {"expiration": past}))
        else:
            file.write_text(json.dumps(dict.fromkeys(found, past)))


def test_nothing_that_was_said_or_kept_holds_a_secret(stack: Stack, scheduled: list[dict[str, Any]]) -> None:
    files = [path for path in (*stack.home.rglob("*"), *load_settings().home_dir.rglob("*")) if path.is_file()]
    leaks = {path.name for path in files for secret in (PASSWORD, TOKEN) if secret.encode() in path.read_bytes()}

    assert {"worker.log", "server.log", "commands.log"} <= {path.name for path in files}
    assert any(path.suffix == ".db" for path in files)
    assert leaks == set()

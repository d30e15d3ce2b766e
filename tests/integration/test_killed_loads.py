"""kill -9 at any moment of a load: the date holds the old snapshot or the new one, never a mix."""

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import sqlalchemy as sa

from churn.reporting import ledger
from churn.settings import Settings
from churn.stages import intake
from churn.stores.postgres.database import open_engine
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

FEW, MANY = 7, pytest.param(60, marks=pytest.mark.slow)


def load_for_ever(environment: dict[str, str], extracts: list[Path], told: Connection) -> None:
    """Loads one extract after the other for the same date, until it is killed."""
    os.environ.update(environment)
    from churn.settings import load_settings
    from churn.stages.intake import load_extract

    told.send("at work")
    while True:
        for extract in extracts:
            load_extract(at(load_settings()), extract, DAY)


def kill_after(context: ForkServerContext, settings: Settings, extracts: list[Path], seconds: float) -> None:
    """Starts a child that loads, and kills it."""
    ours, theirs = context.Pipe(duplex=False)
    address = settings.database_url.get_secret_value() if settings.database_url else ""
    environment = {"CHURN_DATABASE_URL": address, "CHURN_HOME": str(settings.home_dir)}
    child = context.Process(target=load_for_ever, args=(environment, extracts, theirs), daemon=True)
    child.start()
    assert ours.recv() == "at work"
    time.sleep(seconds)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join(30)
    assert child.exitcode == -signal.SIGKILL


def wait_until_its_connections_are_gone(settings: Settings) -> None:
    """The server needs a moment to see that a client is dead."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    engine = open_engine(settings)
    engine.dispose()
    deadline = time.monotonic() + 30
    with engine.connect() as connection:
        while connection.execute(query).scalar_one() and time.monotonic() < deadline:
            time.sleep(0.01)


@pytest.mark.parametrize("kills", [FEW, MANY])
def test_a_load_killed_at_any_moment_leaves_the_old_snapshot_or_the_new(
    settings: Settings, tmp_path: Path, kills: int
) -> None:
    sizes = {2000: 1, 2100: 2}
    extracts = [write_extract(tmp_path / f"{size}.csv", make_extract(size, seed)) for size, seed in sizes.items()]
    intake.load_extract(at(settings), extracts[0], DAY)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["churn.stages.intake", "tests.integration.test_killed_loads"])
    moments = random.Random(3)
    left_open = set()

    for _ in range(kills):
        kill_after(context, settings, extracts, moments.uniform(0, 0.4))
        wait_until_its_connections_are_gone(settings)
        loads = ledger.read_loads(open_workplace(settings), 1000)
        (current,) = [load for load in loads if load.status == "loaded"]
        with open_engine(settings).connect() as connection:
            held = connection.execute(
                sa.text("SELECT count(*), count(DISTINCT load_id), min(load_id) FROM raw_data.telco_churn_raw")
            ).one()
        assert tuple(held) == (current.rows_accepted, 1, current.load_id)
        assert current.rows_accepted in sizes
        intake.validate_extract(at(settings), DAY)
        left_open |= {load.load_id for load in loads if load.status == "started"}

    outcome = intake.load_extract(at(settings), write_extract(tmp_path / "last.csv", make_extract(2050)), DAY)

    loads = ledger.read_loads(open_workplace(settings), 1000)
    statuses = [load.status for load in loads]
    assert outcome.summary.startswith(f"2,050 customers as of {DAY}")
    assert statuses.count("loaded") == 1
    assert statuses.count("started") == 0
    assert {load.load_id for load in loads if load.status == "interrupted"} == left_open
    assert left_open

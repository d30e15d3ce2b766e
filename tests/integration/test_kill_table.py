"""Whatever is killed at whatever moment: the old or the new state stands, and the same command then ends well.

uv run pytest -m slow -n 0 tests/integration/test_kill_table.py

A row is a command, a column is what is killed with SIGKILL: the command, Postgres under it, or both. The moments are
drawn with a seed; CHURN_KILL_SEED draws others.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from churn.economics.policies import POLICY_FILE
from churn.settings import Settings
from churn.stores.postgres.embedded import find_postmaster
from tests.support.days import ask, day_number, execute
from tests.support.factories import make_customer, make_extract, write_extract
from tests.support.homes import opened
from tests.support.invariants import find_broken

pytestmark = pytest.mark.slow
CHURN = str(Path(sys.executable).parent / "churn")
FIRST, SECOND, NEXT = day_number(0), day_number(1), day_number(2)
VICTIMS = ("command", "Postgres", "both")
LONGEST_SECONDS = 25.0
COMMANDS = {
    "run": ("run", "--source", "next.csv", "--as-of", str(NEXT)),
    "replace": ("run", "--source", "replaced.csv", "--as-of", str(SECOND)),
    "correct": ("run", "--source", "corrected.csv", "--as-of", str(SECOND)),
    "backfill": ("backfill", "--days", "10"),
    "score": ("score", "--as-of", str(SECOND)),
    "publish": ("score", "--as-of", str(SECOND)),
    "train": ("train", "--retrain"),
}


def call(home: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Starts a command of the product in a session of its own."""
    environment = os.environ | {
        "CHURN_HOME": str(home),
        "PREFECT_HOME": str(home.parent / "prefect"),
        "CHURN_RETRY_DELAY_SECONDS": "1",
        **more,
    }
    for name in ("CHURN_DATABASE_URL", "MLFLOW_TRACKING_URI"):
        environment.pop(name, None)
    return subprocess.Popen(
        [CHURN, *arguments],
        cwd=home.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(command: subprocess.Popen[str]) -> str:
    said, _ = command.communicate(timeout=600)
    assert command.returncode == 0, said[-3000:]
    return said


def write_files(folder: Path) -> None:
    """The extracts of the story; the second day has a row that breaks a rule."""
    broken = pl.DataFrame([make_customer(customerID="broken", tenure="-1")])
    write_extract(folder / "first.csv", make_extract(600, seed=1))
    write_extract(folder / "second.csv", pl.concat([make_extract(600, seed=2), broken]))
    write_extract(folder / "replaced.csv", pl.concat([make_extract(600, seed=3), broken]))
    write_extract(folder / "next.csv", make_extract(600, seed=4))
    (folder / "policy.toml").write_text(POLICY_FILE.read_text() + "# other bytes: the scores are made again\n")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home in which two days are published and the server is stopped."""
    folder = tmp_path_factory.mktemp("kill")
    write_files(folder)
    home = folder / "home"
    for name, day in (("first", FIRST), ("second", SECOND)):
        finish(call(home, "run", "--source", f"{name}.csv", "--as-of", str(day)))
    finish(call(home, "rejects", "--csv", "corrected.csv"))
    rejected = (folder / "corrected.csv").read_text()
    (folder / "corrected.csv").write_text(rejected.replace(",-1,", ",1,", 1))
    finish(call(home, "db", "stop"))
    return folder


@pytest.fixture
def home(story: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A copy of the home for one cell of the table."""
    copy = story / "copy"
    subprocess.run(["rm", "-rf", str(copy)], check=True)
    subprocess.run(["cp", "-a", str(story / "home"), str(copy)], check=True)  # With the owners.
    yield copy
    finish(call(copy, "db", "stop"))


def kill(command: subprocess.Popen[str], home: Path, victim: str) -> None:
    """Kills without a warning what the cell says; waits until the command is gone."""
    postmaster = find_postmaster(home)
    if victim != "command" and postmaster is not None:
        os.kill(postmaster, signal.SIGKILL)
    if victim != "Postgres":
        with suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
    command.communicate(timeout=600)


def shown(settings: Settings) -> dict[date, int]:
    return dict(ask(settings, "SELECT prediction_date, customers_count FROM reporting.kpi_daily"))  # type: ignore[arg-type]


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("work", COMMANDS)
def test_what_is_killed_leaves_the_old_or_the_new_state(work: str, victim: str, home: Path) -> None:
    more = {"CHURN_POLICIES": str(home.parent / "policy.toml")} if work in ("score", "publish") else {}
    if work == "publish":
        with opened(home) as settings:
            execute(
                settings,
                f"UPDATE ops.publications SET status = 'staged', published_at = NULL "
                f"WHERE prediction_date = '{SECOND}'",
            )
    moment = random.Random(f"{os.environ.get('CHURN_KILL_SEED', '1')} {work} {victim}").uniform(1, LONGEST_SECONDS)
    command = call(home, *COMMANDS[work], **more)
    with suppress(subprocess.TimeoutExpired):
        command.wait(timeout=moment)
    kill(command, home, victim)

    with opened(home) as settings:
        assert find_broken(settings) == {}, f"{work}, {victim} killed after {moment:.1f} s"
    finish(call(home, *COMMANDS[work], **more))
    with opened(home) as settings:
        assert find_broken(settings) == {}, f"{work} again after {victim} was killed after {moment:.1f} s"
        days = shown(settings)
    assert {FIRST, SECOND} <= set(days)
    assert days[SECOND] == (601 if work == "correct" else 600)
    assert (NEXT in days) == (work == "run")

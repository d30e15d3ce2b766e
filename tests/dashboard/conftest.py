"""A telecom to look at, and the pages of it in a real browser: Debian's Chromium, driven by Playwright."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from churn.settings import Settings
from tests.conftest import DAY
from tests.support.days import execute, run_backfill
from tests.support.factories import make_customer, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

HOSTILE = """<img src=x onerror="document.title='taken'">'; DROP TABLE x;--"""
"""A customer number that is markup and SQL; as a number it is nothing but odd."""
KNOWN = "1234-KNOWN"
HISTORY_DAYS = 35
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def looked_at(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a database with 1,502 made-up customers, published for DAY and, rewound, for the days before."""
    from churn.learning.params import ModelParams
    from churn.simulation.extracts import write_synthetic_extract
    from churn.stages import intake, learning, scoring, transforms

    folder = tmp_path_factory.mktemp("looked_at")
    riskiest = {"tenure": "1", "InternetService": "Fiber optic", "SeniorCitizen": "1", "StreamingTV": "Yes"}
    odd = make_customer(customerID=HOSTILE, MonthlyCharges="80.00", TotalCharges="80.00", **riskiest)
    broken = make_customer(customerID="broken", tenure="-1")
    extract = write_synthetic_extract(folder / "synthetic-1500.csv", 1500, 20)
    rows = pl.read_csv(extract, infer_schema=False)
    write_extract(extract, pl.concat([rows, pl.DataFrame([odd, make_customer(customerID=KNOWN), broken])]))
    with telecoms.copy("deployed", folder / "home") as found:
        intake.load_extract(at(found), extract, DAY)
        # Two customers of this extract are the tests' own; its pages are to be marked all the same.
        execute(found, "UPDATE raw_data.loads SET origin = 'synthetic'")
        transforms.run_transforms(at(found), DAY)
        learning.train_models(at(found), DAY, ModelParams(forest_trees=40, boosting_rounds=40))
        scoring.score_customers(at(found), DAY, "test run")
        scoring.publish(at(found), DAY)
        run_backfill(found, HISTORY_DAYS)
        yield found


def serve(settings: Settings, home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Starts `churn dashboard` on a free port, as a person would, and waits until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert settings.database_url is not None
    where = {"CHURN_DATABASE_URL": settings.database_url.get_secret_value(), "CHURN_HOME": str(home)}
    command = [str(Path(sys.executable).parent / "churn"), "dashboard", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                assert answer.read() == b"ok"
                return process, address
        except OSError:
            assert process.poll() is None, "the server ended before it answered"
            time.sleep(0.2)
    raise AssertionError("the server did not answer")


@pytest.fixture(scope="module")
def address(looked_at: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the pages of `looked_at` are served."""
    process, found = serve(looked_at, tmp_path_factory.mktemp("home"))
    yield found
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; the tests are skipped where there is none."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=executable, args=list(BROWSER_OPTIONS))

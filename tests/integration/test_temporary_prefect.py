"""Without a Prefect of one's own, a run has one for as long as it lasts."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

IN_ITS_REACH = """
import sys, time
from prefect import flow, get_client
from prefect.settings import PREFECT_API_URL, get_current_settings
from churn.settings import load_settings
from churn.local_stack.temporary_prefect import reach_prefect

@flow(name="tried")
def tried():
    return 1

with reach_prefect(load_settings()) as wait:
    wait()
    print(PREFECT_API_URL.value(), flush=True)
"""
RUN = """
    tried()
    runs = get_client(sync_client=True).read_flow_runs()
    has_pages, has_server = bool(get_current_settings().ui_url), "prefect.server.api.server" in sys.modules
    print(len(runs), runs[0].state.name, has_pages, has_server)
"""


def start(home: Path, script: str, **more: str) -> "subprocess.Popen[str]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CHURN_", "PREFECT_"))}
    own = {"CHURN_HOME": str(home), "PREFECT_HOME": str(home / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", IN_ITS_REACH + script], env=kept | own | more, **pipes)  # type: ignore[call-overload, no-any-return]


def answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"{address}/health", timeout=5).status == 200
    except OSError:
        return False


def ends_within(address: str, seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while answers(address):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True


def test_a_run_is_kept_by_it_links_nowhere_and_imports_no_server(tmp_path: Path) -> None:
    told, complaints = start(tmp_path, RUN).communicate(timeout=120)
    address, found = told.splitlines()
    assert found == "1 Completed False False", complaints
    assert ends_within(address, 10)


def test_it_ends_with_a_run_that_is_killed(tmp_path: Path) -> None:
    run = start(tmp_path, "    time.sleep(120)")
    assert run.stdout is not None
    address = run.stdout.readline().strip()
    assert answers(address)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert ends_within(address, 20)


def test_one_that_cannot_start_is_told(tmp_path: Path) -> None:
    nowhere = f"sqlite+aiosqlite:///{tmp_path}/missing/prefect.db"
    run = start(tmp_path, "", PREFECT_SERVER_DATABASE_CONNECTION_URL=nowhere)
    _, complaints = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "Unavailable: Prefect's temporary server did not start" in complaints

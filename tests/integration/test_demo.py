"""`churn demo`: one command builds a telecom to look at, in a home of its own, and never mixes with real extracts."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from churn.errors import WrongUsage
from churn.settings import PROJECT_DIR, Settings
from churn.stores.postgres.embedded import stop_embedded
from churn.terminal import demonstrating
from tests.conftest import DAY
from tests.support.days import ask, execute


def test_the_demo_has_a_home_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHURN_HOME", raising=False)
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://company/churn")
    chosen = demonstrating.choose_settings(Settings())

    assert (chosen.home, chosen.database_url) == (demonstrating.HOME, None)


def test_the_demo_takes_a_home_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHURN_HOME", str(tmp_path))

    assert demonstrating.choose_settings(Settings()).home == tmp_path


@pytest.mark.parametrize("origin", ["real", "synthetic"])
def test_the_demo_refuses_a_home_with_other_extracts(published: Settings, origin: str) -> None:
    # Synthetic customers of a date of the demo too: a model of theirs would score its weeks.
    execute(published, f"UPDATE raw_data.loads SET origin = '{origin}'")
    query = "SELECT load_id, status FROM raw_data.loads ORDER BY load_id"
    before = ask(published, query)

    with pytest.raises(WrongUsage, match=f"already has the extract of {DAY}"):
        demonstrating.build_demo(published, DAY)
    assert ask(published, query) == before


@pytest.mark.slow
def test_one_command_builds_the_demo_and_a_second_call_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHURN_DATABASE_URL", "MLFLOW_TRACKING_URI", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    command = [str(Path(sys.executable).parent / "churn"), "demo", "--no-open"]
    started = time.monotonic()
    subprocess.run(command, cwd=PROJECT_DIR, check=True)
    seconds = time.monotonic() - started
    settings = Settings()
    try:
        ((days, synthetic),) = ask(
            settings, "SELECT count(*), bool_and(is_synthetic) FROM reporting.publication_history"
        )
        ((verdict,),) = ask(settings, "SELECT leaving_verdict FROM reporting.campaign_history")
        ((by_price, before, after),) = ask(
            settings, "SELECT by_price_usd, loss_before_usd, loss_after_usd FROM reporting.score_changes"
        )
        again = subprocess.run(command, cwd=PROJECT_DIR, check=True, capture_output=True, text=True).stdout
    finally:
        stop_embedded(settings.home_dir)

    assert (days, synthetic, verdict) == (26, True, "works")
    assert float(str(after)) > float(str(before))
    assert float(str(by_price)) > 0
    assert "there already" in again
    print(f"{seconds:.0f} s")

"""Planted secrets are looked for in everything the commands say and keep when something does not answer.

What a run that goes well says and keeps is searched by test_deployment, Prefect's own database and logs included.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from churn.settings import PROJECT_DIR, Settings
from tests.conftest import DAY, with_password

BIN = Path(sys.executable).parent
SECRETS = ("dbPassword-77", "db%40Password/88", "trackPassword-99", "alertToken-55", "half-a-word")
REFUSED = "postgresql://churn:dbPassword-77@127.0.0.1:1/churn"
TORN = "postgresql://churn:half-a-word/:@db%40Password/88@127.0.0.1:1/churn"
TRACKING = "http://bot:trackPassword-99@127.0.0.1:1"


@pytest.mark.parametrize(
    ("command", "database", "told"),
    [
        (["status", "-v"], REFUSED, "did not answer"),
        (["status", "-v"], TORN, "churn: "),
        (["doctor"], REFUSED, "did not answer"),
        (["run", "-v"], REFUSED, "did not answer"),
        (["train", "-v", "--retrain", "--as-of", str(DAY)], None, "The MLflow registry did not answer"),
        (["export", "action-list", "--format", "csv", "--out", "calls.csv"], None, ""),
    ],
    ids=["status", "torn address", "doctor", "run", "train", "export"],
)
def test_no_command_says_or_keeps_a_secret(
    published: Settings, tmp_path: Path, command: list[str], database: str | None, told: str
) -> None:
    assert published.database_url is not None
    working = with_password(published.database_url.get_secret_value(), "dbPassword-77")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CHURN_", "MLFLOW_"))}
    environment = inherited | {
        "CHURN_HOME": str(tmp_path / "home"),
        "CHURN_DATABASE_URL": database or working,
        "CHURN_MLFLOW_TRACKING_URI": TRACKING,
        "CHURN_ALERT_URLS": "json://127.0.0.1:1/alertToken-55",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PYTHONPATH": str(PROJECT_DIR),
        "COLUMNS": "300",
    }

    found = subprocess.run(
        [str(BIN / "churn"), *command], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]

    assert told in found.stdout + found.stderr
    assert [secret for secret in SECRETS if secret in found.stdout + found.stderr] == []
    assert [secret for secret in SECRETS for content in kept if secret.encode() in content] == []

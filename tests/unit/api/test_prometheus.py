"""The files for Prometheus and Grafana speak of what the server exposes."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from churn.api import metrics
from churn.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "churn" / "api" / "prometheus"
NAMES = re.compile(r"\bchurn_[a-z_]+")


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed; Debian's package prometheus has it")
    return found


def read_queries() -> dict[str, list[str]]:
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    return {
        "alerts.yaml": [rule["expr"] for rule in rules],
        "grafana.json": [target["expr"] for panel in panels for target in panel["targets"]],
    }


@pytest.mark.parametrize("file", ["alerts.yaml", "grafana.json"])
def test_every_query_asks_for_what_is_exposed(file: str) -> None:
    asked = {name for query in read_queries()[file] for name in NAMES.findall(query)}

    assert asked
    assert asked - metrics.list_names() == set()


def test_every_alert_has_a_summary_a_next_step_and_a_proof() -> None:
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
    proofs = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]
    fired = {one["alertname"] for case in proofs for one in case["alert_rule_test"] if one["exp_alerts"]}

    assert {rule["alert"] for rule in rules} == fired
    assert all(set(rule["annotations"]) == {"summary", "next_step"} for rule in rules)


@pytest.mark.parametrize("command", [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]])
def test_the_rules_are_proved_by_promtool(promtool: str, command: list[str]) -> None:
    found = subprocess.run([promtool, *command], cwd=FOLDER, capture_output=True, text=True)

    assert found.returncode == 0, found.stdout + found.stderr


def test_the_metrics_are_in_the_format_of_prometheus(promtool: str) -> None:
    metrics.requests.labels("/v1/model", 200).inc()
    found = subprocess.run([promtool, "check", "metrics"], input=metrics.render(), capture_output=True)

    assert found.returncode == 0, found.stdout + found.stderr

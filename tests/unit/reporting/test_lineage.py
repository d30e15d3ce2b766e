"""A stage tells a lineage server what it read and wrote, if somebody asks; a server that is down fails no run."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from churn.errors import ContractBroken
from churn.reporting.lineage import TABLES, StageRun, tell_stage
from churn.stores.postgres.tables import metadata
from flows.backfill import publish_history
from flows.churn_pipeline import AROUND_STAGES, PAST_STAGES, STAGES

BEGAN, ENDED = datetime(2026, 1, 31, 0, 1, tzinfo=UTC), datetime(2026, 1, 31, 0, 2, tzinfo=UTC)
RUN = StageRun("score_customers", "0197f1b6-7a3e-7c4e-9d1c-3f1f0a0b0c0d", BEGAN, ENDED)
WORKPLACE: Any = SimpleNamespace(
    engine=SimpleNamespace(url=sa.make_url("postgresql://ada:secret@db.telecom:5433/churn"))
)


def ask_for_a_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"transport": {"type": "file", "log_file_path": str(path), "append": True}}
    (path.parent / "openlineage.yml").write_text(json.dumps(config))
    monkeypatch.setenv("OPENLINEAGE_CONFIG", str(path.parent / "openlineage.yml"))


def read_events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_stage_has_an_event_for_its_beginning_and_one_for_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_a_file(tmp_path / "events.json", monkeypatch)

    tell_stage(WORKPLACE, RUN)
    tell_stage(WORKPLACE, StageRun("publish", RUN.run_id, BEGAN, ENDED, ContractBroken("secret.csv is bad.", "mail.")))

    start, complete, _, failed = read_events(tmp_path / "events.json")
    assert [start["eventType"], complete["eventType"], failed["eventType"]] == ["START", "COMPLETE", "FAIL"]
    assert (start["job"]["name"], start["run"]["runId"]) == ("score_customers", RUN.run_id)
    assert start["eventTime"] < complete["eventTime"]
    written = {(one["namespace"], one["name"]) for one in complete["outputs"]}
    assert ("postgres://db.telecom:5433", "churn.analytics.predictions") in written
    assert failed["run"]["facets"]["errorMessage"]["message"] == "ContractBroken"
    assert "secret" not in (tmp_path / "events.json").read_text()


def test_nobody_asked_and_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_a_file(tmp_path / "events.json", monkeypatch)
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")

    tell_stage(WORKPLACE, RUN)

    assert not (tmp_path / "events.json").exists()


def test_a_place_that_takes_no_events_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for_a_file(tmp_path / "events.json", monkeypatch)
    (tmp_path / "events.json").mkdir()

    with caplog.at_level(logging.WARNING, "churn.lineage"):
        tell_stage(WORKPLACE, RUN)

    assert "were not sent" in caplog.text


def test_every_stage_of_the_daily_run_says_what_it_reads_and_writes() -> None:
    names = {stage.name for stage in (*STAGES, *PAST_STAGES, *AROUND_STAGES)}
    assert names - set(TABLES) == {"deploy_models", "check_published"}
    assert publish_history.name in TABLES
    known = {f"{table.schema}.{table.name}" for table in metadata.sorted_tables}
    models = {"staging.stg_telco_churn", "analytics.fct_customer_features", "analytics.customer_risk"}
    models |= {"analytics.risk_by_profile", "analytics.training_examples"}
    for read, written in TABLES.values():
        assert {*read, *written} <= known | models

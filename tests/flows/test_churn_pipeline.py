"""The daily flow under a real Prefect engine: order, retries, one at a time."""

import json
import os
import re
import traceback
from contextlib import ExitStack
from datetime import date
from functools import partial
from io import StringIO
from pathlib import Path
from threading import Timer
from typing import Any

import polars as pl
import pytest
from prefect import flow, task
from prefect.artifacts import Artifact
from rich.console import Console

from churn.errors import ContractBroken, TooFewLeavers, Unavailable, WrongUsage
from churn.learning import params
from churn.reporting import reports
from churn.reporting.status import read_status
from churn.settings import Settings
from churn.stages import Outcome, intake
from churn.stores.model_registry import loading
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.locks import Lock, hold_lock
from churn.stores.sql_models import contexts
from churn.stores.workplace import Workplace, open_workplace
from churn.terminal.display.status import show_status
from flows.churn_pipeline import STAGES, churn_pipeline, load_extract
from flows.policy import REPORTS, stage_policy
from flows.train import train
from tests.conftest import DAY
from tests.support.changes import copy_project
from tests.support.days import ask, name_rule_of_thumb_champion
from tests.support.factories import make_customer, make_extract, write_extract
from tests.support.workplaces import at, leave

pytestmark = pytest.mark.usefixtures("prefect")


def test_the_stages_have_the_promised_names_and_order() -> None:
    assert [stage.name for stage in STAGES] == [
        "load_extract",
        "validate_extract",
        "run_transforms",
        "audit_transforms",
        "train_models",
        "score_customers",
        "publish",
    ]


def test_every_stage_retries_twice_within_thirty_minutes() -> None:
    assert {stage.retries for stage in STAGES} == {2}
    assert {stage.timeout_seconds for stage in STAGES} == {1800.0}


def test_a_run_without_an_extract_publishes_made_up_customers_and_says_so(
    deployed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(params, "ModelParams", partial(params.ModelParams, forest_trees=10, boosting_rounds=10))
    outcomes = churn_pipeline(as_of=DAY)
    status = read_status(open_workplace(deployed))
    page = Console(record=True, width=100, file=StringIO())
    show_status(status, page)

    # Without history nothing has matured: the comparison with who left is the one stage without work.
    assert ask(deployed, "SELECT prediction_date FROM ops.finished_runs") == [(DAY,)]
    assert [outcome.is_skipped for outcome in outcomes] == [False] * 7 + [True] + [False] * 2
    assert (status.customers, status.is_synthetic) == (7043, True)
    assert "These customers are synthetic: the simulator generated them, none of them is real." in page.export_text()
    pages = [Artifact.get(key) for key in ("load-report", "model-comparison", "publication")]
    assert [one.description for one in pages if one] == [f"{name} {DAY}" for name in REPORTS]


def test_a_folder_is_published_in_order_and_with_nothing_new_changed_sql_is_deployed(
    deployed: Settings, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from churn.stages import learning

    learned = []

    def learn(workplace: Workplace, day: date, *_: object) -> Outcome:
        learned.append(day.day)
        name_rule_of_thumb_champion(workplace.settings)
        return Outcome("learned")

    monkeypatch.setattr(loading, "load_model", loading.load_model)  # brought back at the end
    monkeypatch.setattr(learning, "train_models", learn)
    for day in (30, 28, 29):
        write_extract(tmp_path / f"customers-2026-01-{day}.csv", make_extract(300))
    (tmp_path / "customers-2026-01-27.csv").write_text("not an extract\n")

    with pytest.raises(ContractBroken, match=r"customers-2026-01-27\.csv"):
        churn_pipeline(str(tmp_path))
    write_extract(tmp_path / "customers-2026-01-27.csv", make_extract(300))
    write_extract(tmp_path / "customers-2026-01-31.csv", make_extract(310))
    churn_pipeline(str(tmp_path))

    assert learned == [30, 31]
    shown = "SELECT prediction_date, basis, customers_count FROM reporting.kpi_daily ORDER BY 1"
    assert [(day.day, *rest) for day, *rest in ask(deployed, shown)] == [
        (27, "as_if", 300),
        (28, "as_if", 300),
        (29, "as_if", 300),
        (30, "live", 300),
        (31, "live", 310),
    ]
    assert churn_pipeline(str(tmp_path)) == []

    monkeypatch.setattr(contexts, "TRANSFORMS_DIR", copy_project(tmp_path_factory.mktemp("changed")))
    model = contexts.TRANSFORMS_DIR / "models" / "reporting" / "kpi_daily.sql"
    model.write_text(model.read_text().replace("AS customers_count,", "AS customers_count, 1 AS added_count,"))
    leave()
    assert churn_pipeline(str(tmp_path)) == []
    leave()
    assert ask(deployed, "SELECT sum(added_count) FROM reporting.kpi_daily") == [(5,)]


def test_a_day_on_which_nobody_left_is_scored_by_the_champion_there_is(deployed: Settings, tmp_path: Path) -> None:
    nobody_left = write_extract(tmp_path / "x.csv", make_extract(50).with_columns(Churn=pl.lit("No")))
    with pytest.raises(TooFewLeavers, match="0 of 50 customers left"):
        churn_pipeline(str(nobody_left), DAY)
    name_rule_of_thumb_champion(deployed)

    outcomes = churn_pipeline(str(nobody_left), DAY)

    assert outcomes[4].summary.startswith("not retrained, version 1 stays the champion: 0 of 50 customers left")
    assert ask(deployed, "SELECT customers_count FROM reporting.kpi_daily") == [(50,)]
    assert ask(deployed, "SELECT count(*) FROM ops.finished_runs") == [(0,)], "the training must be tried again"


def test_a_file_of_a_folder_dated_in_the_future_does_not_hold_up_the_others(deployed: Settings, tmp_path: Path) -> None:
    name_rule_of_thumb_champion(deployed)
    for day in (DAY, "2099-01-01"):
        write_extract(tmp_path / f"{day}.csv", make_extract(50).with_columns(Churn=pl.lit("No")))

    with pytest.raises(WrongUsage, match="2099-01-01 is in the future"):
        churn_pipeline(str(tmp_path))

    assert ask(deployed, "SELECT prediction_date, customers_count FROM reporting.kpi_daily") == [(DAY, 50)]


def test_a_broken_contract_is_not_retried_and_nothing_follows(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    original = intake.load_extract
    monkeypatch.setattr(intake, "load_extract", lambda *args: [calls.append("load"), original(*args)][1])
    twice = write_extract(tmp_path / "twice.csv", [make_customer(), make_customer()])

    with pytest.raises(ContractBroken, match="twice") as refused:
        churn_pipeline(str(twice), DAY)

    assert calls == ["load"]
    page = reports.report_stage(open_workplace(settings), "load_extract", DAY)
    assert page is not None
    assert make_customer()["customerID"] not in page
    assert make_customer()["customerID"] not in "".join(traceback.format_exception(refused.value))


def test_a_lost_connection_is_tried_again(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [Unavailable("The database did not answer.", "wait."), Outcome("loaded")]

    def answer(*args: object) -> Outcome:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return Outcome(found.summary)

    monkeypatch.setattr(intake, "load_extract", answer)

    assert load_extract(at(settings), str(tmp_path / "extract.csv"), DAY) == Outcome("loaded")


def test_a_second_pipeline_waits_while_one_is_at_work_and_says_for_whom(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as first:
        first.enter_context(hold_lock(open_engine(settings), Lock.PIPELINE))
        Timer(1, first.close).start()
        with pytest.raises(WrongUsage, match=r"extract\.csv"):  # It got its turn, and found no file.
            churn_pipeline(str(tmp_path / "extract.csv"), DAY)

    (said,) = [record.getMessage() for record in caplog.records if record.name == "churn.locks"]
    assert re.fullmatch(
        rf"Another pipeline run is at work on this database \(process {os.getpid()} on \S+, since [-: 0-9]+ UTC\)\. "
        "This one waits for it, up to 2 hours.",
        said,
    )


def test_evaluations_are_a_table_artifact_of_the_run() -> None:
    evaluation = {"model": "staging.stg_telco_churn", "rows": 7043, "milliseconds": 152, "audits_passed": 5}

    @task(**stage_policy())
    def evaluate_models() -> Outcome:
        return Outcome("one model", details=(evaluation,))

    @flow
    def evaluate() -> Outcome:
        return evaluate_models()

    evaluate()
    artifact = Artifact.get("evaluate-models")

    assert artifact is not None
    assert json.loads(str(artifact.data)) == [evaluation]
    assert artifact.description == "one model"
    assert artifact.flow_run_id is not None


def test_training_is_a_flow_of_its_own(published: Settings) -> None:
    outcome = train(as_of=DAY)
    again = train(as_of=DAY)

    assert re.match(r"version \d+ \(\w+\): hold", outcome.summary)
    assert again.is_skipped

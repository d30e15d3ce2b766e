"""The main job as a person runs it, on the real public file, from an empty home to a second day."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from churn.settings import PROJECT_DIR
from tests.support.factories import make_customer, write_extract

BIN = Path(sys.executable).parent
FIRST, SECOND = "2026-01-30", "2026-01-31"


@dataclass(frozen=True)
class Machine:
    """A home folder of its own, and commands run in it."""

    environment: dict[str, str]

    def call(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            env=self.environment | more,
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        found = self.call("churn", "status", "--json")
        assert found.returncode == 0, found.stderr
        return dict(json.loads(found.stdout))

    def query(self, sql: str) -> str:
        """The rows of a query, as psql writes them with -At."""
        with psycopg.connect(self.uri) as connection:
            found = connection.execute(sql.encode()).pgresult
        assert found is not None
        cells = [[found.get_value(row, column) for column in range(found.nfields)] for row in range(found.ntuples)]
        return "\n".join("|".join((cell or b"").decode() for cell in row) for row in cells)

    @cached_property
    def uri(self) -> str:
        return self.call("churn", "db", "uri").stdout.strip()

    def checksum(self, day: str) -> str:
        return self.query(
            f"""SELECT count(*) || ' ' || md5(string_agg(p::text, '|' ORDER BY customer_id))
                FROM analytics.predictions AS p WHERE prediction_date = '{day}'"""
        )


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("machine")
    ours = {"CHURN_HOME": str(home / "churn"), "PREFECT_HOME": str(home / "prefect"), "COLUMNS": "200"}
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("CHURN_", "MLFLOW_", "PREFECT_"))
    }
    found = Machine(inherited | ours | prefect_server)
    yield found
    found.call("churn", "db", "stop")


@pytest.fixture(scope="module")
def first_run(machine: Machine, public_sample: Path) -> subprocess.CompletedProcess[str]:
    """The first run, which starts a Prefect server of its own, as a person's does; later commands share one."""
    return machine.call("churn", "run", "--source", str(public_sample), "--as-of", FIRST, PREFECT_API_URL="")


def test_the_main_job_publishes_the_real_file(machine: Machine, first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0, first_run.stderr
    assert "Churn as of 2026-01-30" in first_run.stdout
    status = machine.status()

    assert (status["customers"], status["active_customers"]) == (7043, 5174)
    assert sum(status["tiers"].values()) == 5174
    assert status["annual_revenue_usd"] == 3_803_829.00
    assert 0.6 < status["model"]["test"]["pr_auc"] < 0.75
    assert status["published_at"] is not None


def test_the_sums_of_the_public_file_arrive(machine: Machine, first_run: subprocess.CompletedProcess[str]) -> None:
    sums = "SELECT sum(total_charges), sum(monthly_charges), sum(monthly_charges) * 12, count(*) FROM {}"

    assert machine.query(sums.format("raw_data.telco_churn_raw")) == "16056168.70|456116.60|5473399.20|7043"
    assert machine.query("SELECT count(*) FROM raw_data.telco_churn_raw WHERE total_charges IS NULL") == "11"


def test_hand_picked_customers_have_the_features_one_computes_by_hand(
    machine: Machine, first_run: subprocess.CompletedProcess[str]
) -> None:
    columns = """tenure_months, round(tenure_log::numeric, 6), avg_monthly_per_tenure::numeric, list_price_usd,
        round(price_above_list_usd::numeric, 2), services_count, is_month_to_month, no_security_no_backup,
        high_monthly_low_tenure, churn_risk_score, uses_automatic_payment, tenure_band, internet_service"""
    where = "SELECT {} FROM analytics.fct_customer_features WHERE customer_id = '{}'"

    # One month of DSL with backup at 29.85, no phone: list price 25 + 5.
    # Points: 3 month-to-month, 2 new, 1 electronic check, 1 paperless, 1 without support.
    assert machine.query(where.format(columns, "7590-VHVEG")) == "1|0.693147|29.85|30|-0.15|2|t|f|f|8|f|0-12|DSL"
    # Joined this month (tenure 0, blank total): divided by one month, nothing billed yet.
    assert machine.query(where.format("total_charges, avg_monthly_per_tenure::numeric", "4472-LVYGI")) == "0|52.55"


def test_a_second_run_changes_no_row_and_says_what_it_skipped(
    machine: Machine, first_run: subprocess.CompletedProcess[str], public_sample: Path
) -> None:
    before = machine.checksum(FIRST)

    again = machine.call("churn", "run", "--source", str(public_sample), "--as-of", FIRST, "-v")

    assert again.returncode == 0, again.stderr
    assert machine.checksum(FIRST) == before
    assert again.stderr.count("skipped: ") >= 5
    assert "Where the time went" in again.stderr


def test_a_run_with_nothing_new_imports_nothing_large(
    machine: Machine, first_run: subprocess.CompletedProcess[str], public_sample: Path
) -> None:
    """What it does not import it does not use: the seconds are measured by the benchmarks, not here."""
    again = machine.call(
        *("churn", "run", "--source", str(public_sample), "--as-of", FIRST),
        PREFECT_API_URL="",
        PYTHONPROFILEIMPORTTIME="1",
    )

    assert again.returncode == 0, again.stderr
    assert f"Nothing has changed since the run of {FIRST} ended" in again.stderr
    assert f"Churn as of {FIRST}" in again.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in again.stderr.splitlines()}
    assert {"polars", "sqlalchemy"} <= imported
    assert imported & {"prefect", "sqlmesh", "mlflow", "sklearn", "xgboost", "skops"} == set()


def test_another_date_adds_its_rows_and_touches_no_earlier_one(
    machine: Machine, first_run: subprocess.CompletedProcess[str], public_sample: Path
) -> None:
    before = machine.checksum(FIRST)

    second = machine.call(
        "churn", "run", "--source", str(public_sample), "--as-of", SECOND, PYTHONPROFILEIMPORTTIME="1"
    )

    assert second.returncode == 0, second.stderr
    assert machine.checksum(FIRST) == before
    assert machine.checksum(SECOND).split()[0] == "7043"
    assert machine.query("SELECT count(*) FROM raw_data.telco_churn_raw") == "14086"
    imported = [line.rpartition("|")[2].strip() for line in second.stderr.splitlines()]
    assert imported.index("skops.io") < min(map(imported.index, ("prefect.flows", "sqlmesh.core.context", "mlflow")))


def test_a_broken_file_stops_the_run_and_yesterday_stays(
    machine: Machine, first_run: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    before = machine.status()
    incomplete = [{key: value for key, value in make_customer().items() if key != "Churn"}]

    extract = write_extract(tmp_path / "x.csv", incomplete)
    alone = {"PREFECT_API_URL": "", "PYTHONPROFILEIMPORTTIME": "1"}
    broken = machine.call("churn", "run", "--source", str(extract), **alone)

    assert broken.returncode == 3
    assert "| prefect" not in broken.stderr, "the file is refused before Prefect starts"
    assert "x.csv lacks the column Churn." in broken.stderr
    assert "Traceback" not in broken.stderr
    assert machine.status() == before


def test_a_plan_by_hand_finds_nothing_to_do(machine: Machine, first_run: subprocess.CompletedProcess[str]) -> None:
    plan = machine.call("sqlmesh", "-p", "transforms", "plan", "--no-prompts", "--skip-tests")

    assert plan.returncode == 0, plan.stdout + plan.stderr
    assert "No changes to plan" in plan.stdout
    assert "needing backfill" not in plan.stdout


def test_the_doctor_is_well(machine: Machine, first_run: subprocess.CompletedProcess[str]) -> None:
    report = machine.call("churn", "doctor", CHURN_ALERT_URLS="json://alerts.example")

    assert report.returncode == 0, report.stdout
    assert "embedded, PostgreSQL 18" in report.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["loads"],
        ["model", "list"],
        ["model", "history"],
        ["doctor"],
        ["compare", FIRST, FIRST],
        ["transforms", "check"],
    ],
    ids=" ".join,
)
def test_standard_output_holds_one_json_document_and_nothing_else(
    machine: Machine, first_run: subprocess.CompletedProcess[str], command: list[str]
) -> None:
    done = machine.call("churn", *command, "--json", CHURN_ALERT_URLS="json://alerts.example")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)


@pytest.mark.parametrize("command", [["train", "--as-of", FIRST], ["backfill", "--days", "1"]], ids=" ".join)
def test_a_document_stands_alone_on_standard_output_while_the_stages_are_shown_beside_it(
    machine: Machine, first_run: subprocess.CompletedProcess[str], command: list[str]
) -> None:
    done = machine.call("churn", *command, "--json")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document.get("outcome", document)["summary"]


def test_a_training_says_in_one_sentence_what_it_did(
    machine: Machine, first_run: subprocess.CompletedProcess[str]
) -> None:
    done = machine.call("churn", "train", "--as-of", FIRST)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Skipped: ")
    assert done.stdout.count("\n") == 1


def test_an_export_goes_to_standard_output_and_what_was_written_beside_it(
    machine: Machine, first_run: subprocess.CompletedProcess[str]
) -> None:
    done = machine.call("churn", "export", "action-list", "--as-of", FIRST, "--out", "-")
    calls = list(csv.DictReader(io.StringIO(done.stdout)))

    assert [int(call["call_rank"]) for call in calls] == list(range(1, len(calls) + 1))
    assert done.stderr.startswith("standard output: ")


def test_no_color_holds_on_a_terminal_too(machine: Machine, first_run: subprocess.CompletedProcess[str]) -> None:
    for command in (["status"], ["loads"], ["rejects"], ["--help"], ["frobnicate"]):
        screen = _screen(machine.environment | {"NO_COLOR": "1", "TERM": "xterm-256color"}, command)

        assert len(screen) > 50
        assert re.findall(r"\x1b\[(?:3|4|9|10)\d", screen) == []


def _screen(environment: dict[str, str], command: list[str]) -> str:
    """What a command writes to a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [BIN / "churn", *command], env=environment, stdin=follower, stdout=follower, stderr=follower, cwd=PROJECT_DIR
    ):
        os.close(follower)
        written = b""
        with contextlib.suppress(OSError):  # Linux ends the reading with EIO when the last writer has gone
            while piece := os.read(leader, 4096):
                written += piece
    os.close(leader)
    return written.decode()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["run", "--source", "nowhere.csv"], "There is no file nowhere.csv."),
        (["run", "--source", "x.csv", "--as-of", "yesterday"], "'yesterday' is not a date like 2026-11-22"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["export", "action-list", "--out", "churn"], "'churn' is a folder, not a file"),
        (["report", "--out", ""], "'' is a folder, not a file"),
        (["export", "predictions", "--out", os.devnull], "is a device, not a file"),
        (["simulate", "--out", "churn"], "churn is a folder."),
    ],
)
def test_wrong_usage_exits_2_with_one_line(machine: Machine, command: list[str], told: str) -> None:
    refused = machine.call("churn", *command)

    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_nothing_published_yet_is_said_in_a_home_of_any_name(machine: Machine, tmp_path: Path) -> None:
    empty = Machine(machine.environment | {"CHURN_HOME": str(tmp_path / "my churn's+50%")})

    asked = empty.call("churn", "db", "psql", "-Atc", "SELECT current_database()")
    found = empty.call("churn", "status")
    exported = empty.call("churn", "export", "action-list", "--out", "x.csv")
    listed = empty.call("churn", "model", "list")
    stopped = empty.call("churn", "db", "stop")

    assert asked.stdout.strip() == "churn", asked.stderr
    assert found.returncode == exported.returncode == 1
    assert "Nothing is published yet." in found.stderr
    assert "Nothing is published yet." in exported.stderr
    assert "No model was trained yet" in listed.stdout
    assert stopped.stdout.strip() == "The embedded Postgres is stopped."


def test_a_database_that_does_not_answer_is_told_without_its_password(machine: Machine, tmp_path: Path) -> None:
    down = {"CHURN_DATABASE_URL": "postgresql://someone:hunter2@127.0.0.1:1/churn"}

    found = Machine(machine.environment | down).call("churn", "status", "-v")

    assert found.returncode == 1
    assert "churn: The database at postgresql://someone:***@127.0.0.1:1/churn did not answer" in found.stderr
    assert "hunter2" not in found.stdout + found.stderr

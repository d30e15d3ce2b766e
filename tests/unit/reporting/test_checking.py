"""`churn check` shows every fault of a file at once, and needs no database and no service."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from churn.terminal.cli import app
from tests.support.factories import make_extract, write_extract

GOOD = make_extract(400, seed=7)
Check = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CHURN_DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    return tmp_path / "home"


@pytest.fixture
def check(home: Path) -> Check:
    return lambda path, *options: CliRunner().invoke(app, ["check", "--source", str(path), *options])


def with_cells(column: str, cells: dict[int, str], rows: pl.DataFrame = GOOD) -> pl.DataFrame:
    """Returns the rows with other cells; line 2 of the file is the first row."""
    return rows.with_columns(
        pl.Series(column, [cells.get(line, cell) for line, cell in enumerate(rows[column].cast(pl.String), start=2)])
    )


def test_a_good_file_exits_with_0_and_nothing_is_stored(check: Check, home: Path, tmp_path: Path) -> None:
    shown = check(write_extract(tmp_path / "good.csv", GOOD))

    assert shown.exit_code == 0
    assert "good.csv would be loaded: 400 rows, 0 rejected." in shown.stdout
    assert not home.exists()


def test_all_faults_of_a_file_are_shown_at_once(check: Check, tmp_path: Path) -> None:
    rows = with_cells("tenure", dict.fromkeys(range(2, 9), "-3"))
    rows = with_cells("MonthlyCharges", {20: "abc"}, with_cells("Contract", {30: "Three year"}, rows))
    rows = with_cells("customerID", {40: "TWICE", 41: "TWICE"}, rows).with_columns(pl.lit("kept out").alias("Secret"))
    path = write_extract(tmp_path / "broken.csv", rows)

    document = json.loads(check(path, "--json").stdout)
    shown = check(path)

    assert shown.exit_code == check(path, "--json").exit_code == 3
    assert [(rule["rule"], rule["rows"], rule["first_rows"]) for rule in document["broken_rules"]] == [
        ("tenure_at_least_0", 7, [2, 3, 4, 5, 6]),
        ("monthly_charges_number", 1, [20]),
        ("contract_known", 1, [30]),
    ]
    assert (document["rows"], document["rejected"]) == (400, 9)
    assert document["notes"] == ["columns ignored: Secret", "new words: contract 'Three year' in 1 row"]
    assert len(document["refusals"]) == 2
    assert "tenure_at_least_0: 7 rows (2, 3, 4, 5, 6 and others)" in shown.stdout
    assert "9 of 400 rows break the contract" in shown.stdout
    assert "holds 1 customer more than once, the first in rows 40 and 41" in shown.stdout
    assert "kept out" not in shown.stdout
    assert "TWICE" not in shown.stdout


def test_few_rejected_rows_do_not_refuse_the_file(check: Check, tmp_path: Path) -> None:
    shown = check(write_extract(tmp_path / "extract.csv", with_cells("tenure", {9: "-3"})))

    assert shown.exit_code == 0
    assert "would be loaded: 400 rows, 1 rejected." in shown.stdout
    assert "tenure must be 0 or more, found -3" in shown.stdout


def test_a_rejected_row_is_no_second_row_of_its_customer(check: Check, tmp_path: Path) -> None:
    rows = with_cells("customerID", {9: "TWICE", 10: "TWICE"}, with_cells("tenure", {9: "-3"}))

    assert check(write_extract(tmp_path / "extract.csv", rows)).exit_code == 0


def test_a_missing_column_is_named_with_the_one_that_is_probably_meant(check: Check, tmp_path: Path) -> None:
    shown = check(write_extract(tmp_path / "extract.csv", GOOD.rename({"tenure": "tenur"})))

    assert shown.exit_code == 3
    assert "extract.csv would be refused: no row was read." in shown.stdout
    assert "extract.csv lacks the column tenure. It has tenur: did you mean tenure?" in shown.stdout


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_empty_source_is_no_wish_for_synthetic_customers(command: str) -> None:
    refused = CliRunner().invoke(app, [command, "--source", " "])

    assert refused.exit_code == 2
    assert "--source is empty." in refused.output


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b cut off", b"a,b\n1,2\n"])
def test_a_file_that_is_no_extract_is_refused(check: Check, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(content)
    shown = check(path)

    assert shown.exit_code == 3
    assert "refused: extract.csv" in shown.stdout


def test_a_fault_in_the_middle_keeps_what_was_found_before_it(check: Check, tmp_path: Path) -> None:
    path = write_extract(tmp_path / "extract.csv", with_cells("tenure", {9: "-3"}))
    path.write_text(path.read_text() + '"never closed\n')
    shown = check(path)

    assert shown.exit_code == 3
    assert "line 402 has a quote that is not closed" in shown.stdout
    assert "tenure_at_least_0: 1 row (9)" in shown.stdout


def test_a_path_that_is_no_file_is_wrong_usage(check: Check, tmp_path: Path) -> None:
    assert check(tmp_path / "nowhere.csv").exit_code == 2
    assert check(tmp_path).exit_code == 2


def test_the_check_imports_no_database_and_no_service(home: Path, tmp_path: Path) -> None:
    path = write_extract(tmp_path / "extract.csv", GOOD)
    program = f"""
import sys
from churn.reporting.checking import check_extract
from churn.settings import load_settings
assert not check_extract(load_settings(), {str(path)!r}).is_refused
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"prefect", "sqlalchemy", "mlflow", "sqlmesh"}}))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
    assert not home.exists()

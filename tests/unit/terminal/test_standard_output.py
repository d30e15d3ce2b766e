"""Standard output as data: one JSON document, or the file itself."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from churn.errors import WrongUsage
from churn.shell.one_line import one_line_errors
from churn.stages import Outcome
from churn.terminal import quiet
from churn.terminal.cli import app
from churn.terminal.standard_output import file_to_write, print_json

CHURN = str(Path(sys.executable).parent / "churn")


def test_records_and_dates_become_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"day": date(2026, 1, 31), "at": datetime(2026, 1, 31, 5, tzinfo=UTC), "did": Outcome("scored")})

    assert json.loads(capsys.readouterr().out) == {
        "day": "2026-01-31",
        "at": "2026-01-31T05:00:00+00:00",
        "did": {"summary": "scored", "is_skipped": False, "details": []},
    }


def test_synthetic_customers_go_through_a_pipe_and_nothing_else_does() -> None:
    done = CliRunner().invoke(app, ["simulate", "--customers", "7", "--out", "-"])

    assert pl.read_csv(done.stdout_bytes).height == 7
    assert done.stderr == "Wrote 7 synthetic customers (seed 20) to standard output.\n"


def test_many_days_are_a_folder() -> None:
    refused = CliRunner().invoke(app, ["simulate", "--days", "3", "--out", "-"])

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "A multi-day simulation writes a folder, not standard output." in refused.stderr


def test_a_binary_file_does_not_reach_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    with pytest.raises(WrongUsage, match="A xlsx file is binary"), file_to_write(Path("-"), "xlsx"):
        pass


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    command = f"{CHURN} simulate --customers 20000 --out - | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("customerID,")
    assert done.stderr == ""


def test_mlflow_prints_no_address_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", raising=False)
    quiet.quieten(verbose=True)
    from mlflow.environment_variables import MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT

    assert MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.get()


def test_an_error_is_one_line_in_a_log_whatever_its_length(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), one_line_errors(verbose=False):
        raise WrongUsage("word " * 60 + "[brackets] stay.", "do this.")

    fact, next_step = capsys.readouterr().err.splitlines()
    assert fact == f"churn: {'word ' * 60}[brackets] stay."
    assert next_step == "  next: do this."

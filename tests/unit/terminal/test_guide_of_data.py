"""What the guide of the data shows is what the commands print."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from churn.settings import PROJECT_DIR
from churn.terminal.cli import app
from tests.support.factories import make_extract

GUIDE = (PROJECT_DIR / "data" / "README.md").read_text()


def find_output(command: str) -> str:
    """Returns what the guide shows below a command."""
    return GUIDE.partition(f"\n$ {command}\n")[2].partition("\n```")[0]


def write_broken(path: Path) -> None:
    """Writes the file of the guide: 400 customers, four with a negative tenure, one with a charge that is no number."""
    row = pl.int_range(pl.len())
    tenure = pl.when(row < 4).then(pl.lit("-3")).otherwise("tenure").alias("tenure")
    charge = pl.when(row == 4).then(pl.lit("abc")).otherwise("MonthlyCharges").alias("MonthlyCharges")
    make_extract(400).with_columns(tenure, charge).write_csv(path)


def test_the_guide_shows_what_a_check_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_broken(Path("broken.csv"))

    printed = CliRunner().invoke(app, ["check", "--source", "broken.csv"], env={"COLUMNS": "10000"}).output

    assert [line.rstrip() for line in printed.splitlines()] == find_output(
        "churn check --source broken.csv"
    ).splitlines()

"""`churn init` writes a declaration beside the terminal's table of its guesses, and never over another file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn.errors import ExitCode
from churn.terminal.cli import app

HEADER = (
    "state,account length,area code,phone number,international plan,total day minutes,total day charge,"
    "total eve minutes,total eve charge,customer service calls,churn"
)


def write_calls(path: Path, rows: int = 90) -> Path:
    """Writes a file like a public one: no customer number, no value a month, charges of two kinds, a label in words."""
    lines = [
        f"{'OH' if row % 4 else 'KS'},{20 + row},{(408, 415)[row % 2]},555-{row:04},{'yes' if row % 5 == 0 else 'no'},"
        f"{100 + row * 7 % 90}.5,{17 + row * 7 % 90}.1,{90 + row * 3 % 80}.2,{8 + row * 3 % 80}.7,"
        f"{row % 6},{row % 7 == 0}"
        for row in range(rows)
    ]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def test_init_prints_each_guess_and_writes_the_draft(tmp_path: Path) -> None:
    extract, out = write_calls(tmp_path / "calls.csv"), tmp_path / "calls.toml"

    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["init", "--from", str(extract), "--out", str(out)])

    assert done.exit_code == ExitCode.DONE, done.output
    assert "value a month: total day charge + total eve charge (the sum of" in done.output
    assert "customer: phone number (every row has a value of its own, but it is personal data" in done.output
    line = next(line for line in done.output.splitlines() if line.startswith(" customer service calls"))
    assert line.split()[3:] == ["customer_service_calls", "count", "model", "0.0%", "6", *line.split()[8:]]
    assert 'reviewed_by = ""' in out.read_text()
    assert "555-0001" not in done.output + out.read_text()


def test_the_next_step_runs_once_the_draft_is_reviewed(tmp_path: Path) -> None:
    extract, out = write_calls(tmp_path / "calls.csv"), tmp_path / "calls.toml"
    drafted = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["init", "--from", str(extract), "--out", str(out)])
    out.write_text(out.read_text().replace('reviewed_by = ""', 'reviewed_by = "Ann, 2026-11-28"'))

    done = CliRunner().invoke(app, drafted.output.split("Then run: churn ")[1].split())

    assert done.exit_code == ExitCode.DONE, done.output
    assert "calls.csv would be loaded: 90 rows, 0 rejected." in done.output


def test_init_never_writes_over_a_file(tmp_path: Path) -> None:
    out = tmp_path / "calls.toml"
    out.write_text("reviewed")

    done = CliRunner().invoke(app, ["init", "--from", str(write_calls(tmp_path / "calls.csv")), "--out", str(out)])

    assert (done.exit_code, out.read_text()) == (ExitCode.WRONG_USAGE, "reviewed")
    assert "exists already" in done.output


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"PAR1xxxx", b"a,b\n"])
def test_a_file_that_is_no_extract_leaves_no_draft(tmp_path: Path, content: bytes) -> None:
    path, out = tmp_path / "odd.csv", tmp_path / "odd.toml"
    path.write_bytes(content)

    done = CliRunner().invoke(app, ["init", "--from", str(path), "--out", str(out)])

    assert done.exit_code == ExitCode.CONTRACT_BROKEN, done.output
    assert not out.exists()

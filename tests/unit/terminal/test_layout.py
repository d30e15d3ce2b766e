"""Tables and figures on any screen, from 40 columns to a pipe."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from churn.stages import counted
from churn.terminal.display.layout import Column, moment, open_console, percent, print_table, usd

COLUMNS = (Column("customer"), Column("loss/year"), Column("bill", drop=1), Column("why", drop=2, wraps=True))
ROW = ["7590-VHVEG", "$1,234", "$94.85", "in the first 6 months, fiber without support, month-to-month contract"]


def _printed(width: int, rows: list[list[str]]) -> str:
    page = StringIO()
    print_table(Console(file=page, width=width), "Call first", COLUMNS, rows)
    return page.getvalue()


@pytest.mark.parametrize("width", range(30, 121, 5))
def test_no_width_loses_the_customer_or_the_money(width: int) -> None:
    page = _printed(width, [ROW])

    assert "7590-VHVEG" in page
    assert "$1,234" in page
    assert "…" not in page
    assert max(map(len, page.splitlines())) <= width


def test_lesser_columns_are_left_out_in_their_order_and_named() -> None:
    assert "Not shown" not in _printed(80, [ROW])
    assert "Not shown at 45 columns: why." in _printed(45, [ROW])
    assert "Not shown at 30 columns: bill, why." in " ".join(_printed(30, [ROW]).split())


def test_sentences_wrap_between_words() -> None:
    words = {word for line in _printed(70, [ROW]).splitlines() for word in line.split()}

    assert set(ROW[3].split()) <= words


def test_a_pipe_gets_whole_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("shutil.os.get_terminal_size", lambda descriptor: (_ for _ in ()).throw(OSError))

    print_table(open_console(), "Call first", COLUMNS, [[*ROW[:3], "reason " * 40]])

    assert ("reason " * 40).strip() in capsys.readouterr().out


def test_colours_stay_away_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    page = StringIO()

    Console(file=page, force_terminal=True, color_system="truecolor").print("[red]failed[/red]")

    assert page.getvalue() == "failed\n"


def test_figures_have_one_form() -> None:
    assert usd(1234.4) == "$1,234"
    assert percent(0.1834) == "18.3%"
    assert moment(datetime(2026, 11, 25, 13, 19, 59, tzinfo=UTC)) == "2026-11-25 13:19 UTC"
    assert moment("2026-11-25T13:19:59+00:00") == "2026-11-25 13:19 UTC"
    assert (counted(1, "row"), counted(1234, "row")) == ("1 row", "1,234 rows")

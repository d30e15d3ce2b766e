from pathlib import Path

import polars as pl
import pytest

from churn.contracts.formulas import defuse, restore
from churn.errors import WrongUsage
from churn.reporting.exporting import export
from churn.settings import Settings
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.support.days import ask


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe() -> None:
    cells = ["=1+1", "+1+1", "-1-A1", "@x", "\tx", "+ raises", "-1;2", "plain", "a=b", None]

    assert defuse(pl.DataFrame({"a": cells, "n": range(10)}))["a"].to_list() == [
        *("'=1+1", "'+1+1", "'-1-A1", "'@x", "'\tx", "'+ raises", "'-1;2"),
        *("plain", "a=b", None),
    ]


def test_a_plain_number_is_no_formula_and_stays_what_it_is() -> None:
    numbers = ["-3", "+1", "-45,90", "1.5"]

    assert defuse(pl.DataFrame({"a": numbers}))["a"].to_list() == numbers


def test_what_comes_back_is_what_left() -> None:
    cells = pl.DataFrame({"a": ["=1+1", "\n=1", "-3", "plain", "O'Neill", None]})

    assert restore(defuse(cells)).equals(cells)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_action_list_leaves_in_the_order_of_calls(published: Settings, tmp_path: Path, file_format: str) -> None:
    out = tmp_path / f"calls.{file_format}"

    told = export(open_workplace(published), "action-list", file_format, out, None)

    rows = pl.read_csv(out) if file_format == "csv" else pl.read_parquet(out)
    wanted = ask(published, "SELECT customer_id FROM reporting.action_list ORDER BY call_rank")
    assert [(customer,) for customer in rows["customer_id"]] == wanted
    assert told == f"{out}: {len(wanted):,} rows of action-list as of {DAY}"
    assert not rows["reasons"].str.contains(r"^[+=-]").any()


@pytest.mark.parametrize("file_format", ["csv", "parquet", "xlsx"])
def test_a_date_on_which_nobody_is_at_risk_is_an_empty_list_with_its_columns(
    published: Settings, tmp_path: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from churn.stores.shown import exports

    nobody = exports.EXPORTS["action-list"].replace("WHERE", "WHERE customer_id = 'nobody' AND")
    monkeypatch.setitem(exports.EXPORTS, "action-list", nobody)
    out = tmp_path / f"calls.{file_format}"

    assert export(open_workplace(published), "action-list", file_format, out, None).startswith(f"{out}: 0 rows")

    if file_format == "xlsx":
        assert out.stat().st_size > 0
    else:
        rows = pl.read_csv(out) if file_format == "csv" else pl.read_parquet(out)
        assert (rows.height, rows.columns[:3]) == (0, ["prediction_date", "call_rank", "customer_id"])


def test_a_formula_in_a_sheet_is_text(published: Settings, tmp_path: Path) -> None:
    import zipfile

    out = tmp_path / "calls.xlsx"
    export(open_workplace(published), "predictions", "xlsx", out, DAY)

    sheet = zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 1201
    assert "<f>" not in sheet


def test_an_unknown_export_is_refused_and_leaves_no_file(published: Settings, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="choose action-list or predictions"):
        export(open_workplace(published), "secrets", "csv", tmp_path / "out.csv", None)

    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_an_export_is_made(published: Settings, tmp_path: Path) -> None:
    out = tmp_path / "for" / "the crm" / "calls.csv"

    export(open_workplace(published), "action-list", "csv", out, None)

    assert [path.name for path in out.parent.iterdir()] == ["calls.csv"]

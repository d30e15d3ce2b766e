"""A second file of the same day, such as usage: declared once, joined by the customer's number, with its own line."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from churn.errors import ContractBroken, WrongUsage
from churn.intake.declaring import read_extract_form
from churn.settings import Settings
from churn.stages import arrivals, history, intake
from churn.stores.ledgers import loads
from churn.terminal.cli import app
from tests.support.declared import ask_rows
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

DAY = date(2026, 1, 31)
CUSTOMERS = 120
DECLARATION = """
[extract]
reviewed_by = "Ann, 2026-01-31"

[core]
who = "account"
value = "fee"
since = { tenure = "months" }

[churn]
left = { flag = "gone", words = ["yes"], stayed = ["no"] }

[sources.usage]
begins = "usage"
who = "Account No"

[columns.minutes]
from = "usage"
type = "number"

[columns.tickets]
from = "usage"
type = "count"
blank = "zero"
"""


def write_day(folder: Path, usage: pl.DataFrame | None, day: date = DAY) -> Path:
    """An extract of 120 accounts, and its second file."""
    folder.mkdir(exist_ok=True)
    accounts = pl.DataFrame(
        {
            "account": [f"A{number:03d}" for number in range(CUSTOMERS)],
            "fee": [20.0 + number for number in range(CUSTOMERS)],
            "months": [number % 40 for number in range(CUSTOMERS)],
            "gone": ["yes" if number % 4 == 0 else "no" for number in range(CUSTOMERS)],
        }
    )
    extract = folder / f"accounts-{day}.csv"
    accounts.write_csv(extract)
    if usage is not None:
        usage.write_csv(folder / f"usage-{day}.csv")
    return extract


def make_usage(first: int = 10, last: int = CUSTOMERS + 2) -> pl.DataFrame:
    """Usage of all accounts but the first ten, and of two that are in no extract."""
    numbers = range(first, last)
    return pl.DataFrame(
        {
            "Account No": [f"A{number:03d}" for number in numbers],
            "minutes": [number * 1.5 for number in numbers],
            "tickets": ["2" if number % 2 else "" for number in numbers],
        }
    )


@pytest.fixture
def company(telecoms: Telecoms, tmp_path: Path) -> Iterator[Settings]:
    (tmp_path / "extract.toml").write_text(DECLARATION, encoding="utf-8")
    with telecoms.copy("deployed", tmp_path / "home") as settings:
        yield settings


def load(settings: Settings, extract: Path) -> str:
    return intake.load_extract(at(settings), extract, DAY, settings.home_dir.parent / "extract.toml").summary


def test_its_columns_become_features_of_the_customers_and_its_file_has_a_line_in_the_ledger(
    company: Settings, tmp_path: Path
) -> None:
    told = load(company, write_day(tmp_path / "landing", make_usage()))
    history.rebuild_features(at(company), [DAY])
    query = "SELECT customer_id, minutes, tickets FROM analytics.fct_customer_features ORDER BY customer_id"
    rows = ask_rows(company, query)
    lines = ask_rows(company, "SELECT source_name, rows_read, rows_matched FROM raw_data.second_loads")

    assert f"usage-{DAY}.csv: 110 of 120 customers have a row; 2 rows belong to no customer of the extract" in told
    assert rows[11] == {"customer_id": "A011", "minutes": 16.5, "tickets": 2}
    assert rows[12] == {"customer_id": "A012", "minutes": 18.0, "tickets": 0}  # Declared: a blank cell is zero.
    assert rows[5] == {"customer_id": "A005", "minutes": None, "tickets": 0}  # No row: unknown is never zero.
    assert lines == [{"source_name": "usage", "rows_read": 112, "rows_matched": 110}]


def test_a_folder_gives_a_day_again_when_its_second_file_has_changed(company: Settings, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    extract = write_day(landing, make_usage())
    load(company, extract)
    # As if the day were published: without that every file is new.
    with at(company).engine.begin() as connection:
        connection.exec_driver_sql(
            f"""INSERT INTO ops.publications (prediction_date, status, basis, customers_count, eligible_count,
                refused_count, load_id, source_sha256, transforms_version, model_name, model_version, run_id, staged_at,
                published_at)
            SELECT snapshot_date, 'published', 'live', 120, 120, 0, load_id, sha256, 'x', 'm', 1, 'r', now(), now()
            FROM raw_data.loads WHERE snapshot_date = '{DAY}'"""
        )

    assert arrivals.find_extracts(at(company), landing, None).extracts == []
    make_usage(20).write_csv(landing / f"usage-{DAY}.csv")
    assert arrivals.find_extracts(at(company), landing, None).extracts == [(str(extract), DAY)]
    assert "100 of 120 customers have a row" in load(company, extract)
    assert intake.load_extract(at(company), extract, DAY).is_skipped


def test_a_day_waits_for_a_second_file_that_is_needed_and_the_advice_works(company: Settings, tmp_path: Path) -> None:
    extract = write_day(tmp_path / "landing", None)
    with pytest.raises(ContractBroken, match="came without its second file") as refused:
        load(company, extract)
    (known,) = loads.find_loads(at(company).engine, 1)
    optional = DECLARATION.replace('who = "Account No"', 'who = "Account No"\nneeded = false')
    (tmp_path / "extract.toml").write_text(optional.replace('blank = "zero"', ""), encoding="utf-8")
    load(company, extract)
    history.rebuild_features(at(company), [DAY])

    assert known.status == "refused"
    assert "needed = false in [sources.usage]" in refused.value.next_step
    assert ask_rows(company, "SELECT DISTINCT minutes, tickets FROM analytics.fct_customer_features") == [
        {"minutes": None, "tickets": None}
    ]


@pytest.mark.parametrize(
    ("usage", "fact"),
    [
        (make_usage().with_columns(pl.lit("A011").alias("Account No")), "more than once, the first in rows 2 and 3"),
        (make_usage(200, 220), "No row of usage-2026-01-31.csv belongs to a customer of accounts-2026-01-31.csv"),
        (make_usage().drop("minutes"), "lacks the column minutes"),
    ],
    ids=["twice", "strangers", "a column less"],
)
def test_a_second_file_that_cannot_be_joined_is_refused(
    company: Settings, tmp_path: Path, usage: pl.DataFrame, fact: str
) -> None:
    with pytest.raises(ContractBroken, match=fact) as refused:
        load(company, write_day(tmp_path / "landing", usage))

    assert "A011" not in f"{refused.value.fact} {refused.value.next_step}"
    assert ask_rows(company, "SELECT count(*) AS count FROM raw_data.telco_churn_raw") == [{"count": 0}]


def test_a_cell_that_breaks_its_rule_rejects_the_customer_with_the_value(company: Settings, tmp_path: Path) -> None:
    usage = make_usage(0).with_columns(pl.col("minutes").cast(pl.String).replace("4.5", "many"))
    told = load(company, write_day(tmp_path / "landing", usage))
    (rejected,) = ask_rows(company, "SELECT reasons FROM raw_data.rejected_rows")

    assert "1 row rejected" in told
    assert rejected["reasons"] == ["minutes_number: minutes must be a finite number with a decimal point, found many"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('from = "usage"\ntype = "number"', 'from = "tickets"\ntype = "number"'), r"no section \[sources.tickets\]"),
        (('who = "Account No"', "needed = false"), 'needs blank = "unknown"'),
        (('who = "Account No"', 'who = ["a", "b"]'), "another number of columns"),
        (('who = "account"', 'who = "row"'), "cannot be joined where every row is a customer of its own"),
    ],
)
def test_a_declaration_that_does_not_fit_its_second_file_is_refused(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    (tmp_path / "extract.toml").write_text(DECLARATION.replace(*change), encoding="utf-8")
    with pytest.raises(WrongUsage, match=problem):
        read_extract_form(tmp_path / "extract.toml")


def test_init_finds_the_file_beside_the_extract_and_check_reads_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    extract = write_day(tmp_path / "landing", make_usage().rename({"Account No": "account"}))
    draft = tmp_path / "draft.toml"
    made = CliRunner().invoke(app, ["init", "--from", str(extract), "--out", str(draft)])
    text = draft.read_text(encoding="utf-8")
    draft.write_text(text.replace('reviewed_by = ""', 'reviewed_by = "Ann, 2026-01-31"'), encoding="utf-8")
    checked = CliRunner().invoke(app, ["check", "--source", str(extract), "--declaration", str(draft)])

    assert made.exit_code == 0, made.output
    assert "[sources.usage]" in text
    assert 'from = "usage"' in text
    assert checked.exit_code == 0, checked.output
    assert "110 of 120 customers have a row" in checked.output

    undated = extract.rename(extract.with_name("accounts.csv"))
    asked = ["check", "--source", str(undated), "--declaration", str(draft)]
    elsewhere = CliRunner().invoke(app, asked)
    of_the_day = CliRunner().invoke(app, [*asked, "--as-of", DAY.isoformat()])
    assert (elsewhere.exit_code, of_the_day.exit_code) == (3, 0), (elsewhere.output, of_the_day.output)
    assert "110 of 120 customers have a row" in of_the_day.output

"""Whatever lands: each bad file is refused in one line that says what to fix, or exactly its bad rows are set aside."""

import gzip
import importlib
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
import typer

from churn.settings import Settings, load_settings
from churn.shell.one_line import one_line_errors
from churn.stages import arrivals, intake
from churn.stores.ledgers import loads
from churn.stores.postgres import tables
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.tables import rejected_rows, telco_churn_raw
from tests.conftest import new_database
from tests.support.factories import make_customer, make_extract, write_extract
from tests.support.workplaces import at

LINE = 62
"""Line of the customer that a case spoils, in a file of 120 customers."""


@pytest.fixture(scope="module")
def ground(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One empty database for all cases: each takes a date of its own, before those of the cases before it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
        monkeypatch.setenv("CHURN_HOME", str(tmp_path_factory.mktemp("home")))
        yield load_settings()


_days = iter(date(2026, 1, 31) - timedelta(days=number) for number in range(10_000))


def _rows(**changes: str) -> list[dict[str, str]]:
    customers = make_extract(119).to_dicts()
    return [*customers[: LINE - 2], make_customer(**changes), *customers[LINE - 2 :]]


def _csv(**changes: str) -> bytes:
    return pl.DataFrame(_rows(**changes)).write_csv().encode()


def _written_rows(settings: Settings, day: date) -> int:
    raw = telco_churn_raw.c
    with open_engine(settings).connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(raw.snapshot_date == day)).scalar_one())


# --- rows that are set aside, each with exactly its reasons -----------------------------------------------------

YES_NO = "must be Yes or No"
ADD_ON = "must be Yes, No or No internet service"
MONEY = "must be a finite number with a decimal point"
ADD_ONS_AGREE = (
    "internet_add_ons_agree_with_internet_service: every add-on must say 'No internet service' exactly when "
    "internet_service is No, found "
)
BAD_ROWS: list[tuple[str, dict[str, str], list[str]]] = [
    ("no customer id", {"customerID": ""}, ["customer_id_present: customer_id must not be blank, found nothing"]),
    ("blank customer id", {"customerID": "  "}, ["customer_id_present: customer_id must not be blank, found nothing"]),
    (
        "a customer id of 10,000 characters",
        {"customerID": "x" * 10_000},
        [f"customer_id_length: customer_id must have 1 to 64 characters, found {'x' * 60}..."],
    ),
    (
        "a control character in the customer id",
        {"customerID": "00\x0701"},
        ["customer_id_printable: customer_id must hold no control or invisible characters, found 00\\x0701"],
    ),
    ("no tenure", {"tenure": ""}, ["tenure_present: tenure must not be blank, found nothing"]),
    ("negative tenure", {"tenure": "-3"}, ["tenure_at_least_0: tenure must be 0 or more, found -3"]),
    ("a tenure of centuries", {"tenure": "99999"}, ["tenure_at_most_1200: tenure must be 1,200 or less, found 99999"]),
    ("a tenure in words", {"tenure": "ten"}, ["tenure_whole_number: tenure must be a whole number, found ten"]),
    ("half a month", {"tenure": "1.5"}, ["tenure_whole_number: tenure must be a whole number, found 1.5"]),
    (
        "no monthly charges",
        {"MonthlyCharges": ""},
        ["monthly_charges_present: monthly_charges must not be blank, found nothing"],
    ),
    (
        "monthly charges of zero",
        {"MonthlyCharges": "0"},
        ["monthly_charges_above_0: monthly_charges must be more than 0, found 0"],
    ),
    (
        "monthly charges of negative zero",
        {"MonthlyCharges": "-0.0"},
        ["monthly_charges_above_0: monthly_charges must be more than 0, found -0.0"],
    ),
    (
        "negative monthly charges",
        {"MonthlyCharges": "-5"},
        ["monthly_charges_above_0: monthly_charges must be more than 0, found -5"],
    ),
    ("a NaN", {"MonthlyCharges": "NaN"}, [f"monthly_charges_number: monthly_charges {MONEY}, found NaN"]),
    ("1e400", {"TotalCharges": "1e400"}, [f"total_charges_number: total_charges {MONEY}, found 1e400"]),
    (
        "numbers with comma decimals",
        {"MonthlyCharges": "45,00"},
        [f"monthly_charges_number: monthly_charges {MONEY}, found 45,00"],
    ),
    ("a currency sign", {"TotalCharges": "$450"}, [f"total_charges_number: total_charges {MONEY}, found $450"]),
    (
        "total charges blank after the first month",
        {"TotalCharges": " "},
        [
            "total_charges_present_once_billed: total_charges may be blank only at tenure 0, "
            "found tenure 10, total_charges nothing"
        ],
    ),
    (
        "total charges below one month's",
        {"TotalCharges": "20.00"},
        [
            "total_charges_cover_one_month: total_charges must be monthly_charges or more once tenure is 1 or more, "
            "found tenure 10, monthly_charges 45.00, total_charges 20.00"
        ],
    ),
    (
        "negative total charges",
        {"tenure": "0", "TotalCharges": "-1"},
        ["total_charges_at_least_0: total_charges must be 0 or more, found -1"],
    ),
    (
        "a senior citizen of 2",
        {"SeniorCitizen": "2"},
        ["senior_citizen_known: senior_citizen must be 0 or 1, found 2"],
    ),
    ("churn neither Yes nor No", {"Churn": "Maybe"}, [f"churn_known: churn {YES_NO}, found Maybe"]),
    ("no churn", {"Churn": ""}, ["churn_present: churn must not be blank, found nothing"]),
    ("a partner of 2", {"Partner": "2"}, [f"partner_known: partner {YES_NO}, found 2"]),
    (
        "SQL in a value",
        {"Dependents": "'; DROP TABLE raw_data.loads; --"},
        [f"dependents_known: dependents {YES_NO}, found '; DROP TABLE raw_data.loads; --"],
    ),
    ("an emoji for a word", {"TechSupport": "👍"}, [f"tech_support_known: tech_support {ADD_ON}, found 👍"]),
    (
        "a new contract",
        {"Contract": "Three year"},
        ["contract_known: contract must be Month-to-month, One year or Two year, found Three year"],
    ),
    (
        "an add-on without internet",
        {"InternetService": "No"}
        | dict.fromkeys(
            ("OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV"), "No internet service"
        ),
        [f"{ADD_ONS_AGREE}internet_service No, streaming_movies No"],
    ),
    (
        "no internet service with internet",
        {"OnlineBackup": "No internet service"},
        [f"{ADD_ONS_AGREE}internet_service DSL, online_backup No internet service"],
    ),
    (
        "several lines without a phone",
        {"PhoneService": "No"},
        [
            "multiple_lines_agree_with_phone_service: multiple_lines must say 'No phone service' exactly when "
            "phone_service is No, found phone_service No, multiple_lines No"
        ],
    ),
    (
        "several rules at once",
        {"tenure": "-1", "Partner": "?", "MonthlyCharges": "free"},
        [
            f"monthly_charges_number: monthly_charges {MONEY}, found free",
            f"partner_known: partner {YES_NO}, found ?",
            "tenure_at_least_0: tenure must be 0 or more, found -1",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "reasons"), [case[1:] for case in BAD_ROWS], ids=[case[0] for case in BAD_ROWS])
def test_a_bad_row_is_set_aside_with_exactly_its_reasons(
    ground: Settings, tmp_path: Path, changes: dict[str, str], reasons: list[str]
) -> None:
    day = next(_days)

    intake.load_extract(at(ground), write_extract(tmp_path / "extract.csv", _rows(**changes)), day)

    load = loads.find_current_load(open_engine(ground), day)
    assert load is not None
    assert (load.rows_read, load.rows_accepted, load.rows_rejected, _written_rows(ground, day)) == (120, 119, 1, 119)
    (rejected,) = loads.read_rejected_rows(open_engine(ground), load.load_id)
    assert (rejected.row_number, sorted(rejected.reasons), rejected.row) == (LINE, reasons, make_customer(**changes))


def _line(edit: Callable[[str], str]) -> Callable[[], bytes]:
    def build() -> bytes:
        lines = _csv().decode().split("\n")
        lines[LINE - 1] = edit(lines[LINE - 1])
        return "\n".join(lines).encode()

    return build


BAD_LINES = {
    "a cell too many": (_line(lambda line: f"{line},more"), "found 22 instead of 21"),
    "a cell too few": (_line(lambda line: line.rpartition(",")[0]), "found 20 instead of 21"),
    "a line that broke off": (_line(lambda line: line[:12]), "found 2 instead of 21"),
}


@pytest.mark.parametrize(("build", "found"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_line_of_another_width_is_set_aside(
    ground: Settings, tmp_path: Path, build: Callable[[], bytes], found: str
) -> None:
    day, path = next(_days), tmp_path / "extract.csv"
    path.write_bytes(build())

    intake.load_extract(at(ground), path, day)

    load = loads.find_current_load(open_engine(ground), day)
    assert load is not None
    assert (load.rows_accepted, load.rows_rejected) == (119, 1)
    (rejected,) = loads.read_rejected_rows(open_engine(ground), load.load_id)
    assert rejected.row_number == LINE
    assert rejected.reasons == [f"row_has_every_cell: a row must have as many cells as the header, {found}"]


# --- files that are taken in all the same ------------------------------------------------------------------------

GOOD_FILES: dict[str, Callable[[], bytes]] = {
    "CRLF line ends": lambda: _csv().replace(b"\n", b"\r\n"),
    "a byte order mark": lambda: b"\xef\xbb\xbf" + _csv(),
    "semicolons": lambda: pl.DataFrame(_rows()).write_csv(separator=";").encode(),
    "every cell in quotes": lambda: pl.DataFrame(_rows()).write_csv(quote_style="always").encode(),
    "gzip": lambda: gzip.compress(_csv()),
    "blank lines": lambda: _csv() + b"\n\n",
    "no line end after the last row": lambda: _csv().rstrip(b"\n"),
    "an emoji in a customer id": lambda: _csv(customerID="0001-😀"),
    "SQL in a customer id": lambda: _csv(customerID="'); DROP TABLE raw_data.loads; --"),
    "columns in another order": lambda: (
        pl.DataFrame(_rows()).select(reversed(list(make_customer()))).write_csv().encode()
    ),
    "snake_case names": lambda: (
        _csv().replace(b"customerID", b"customer_id").replace(b"MonthlyCharges", b"monthly_charges")
    ),
    "a column more": lambda: (
        pl.DataFrame(_rows()).with_columns(pl.lit('see "notes", page\n2').alias("notes")).write_csv().encode()
    ),
}


@pytest.mark.parametrize("build", GOOD_FILES.values(), ids=GOOD_FILES)
def test_a_file_that_only_looks_odd_is_loaded_whole(
    ground: Settings, tmp_path: Path, build: Callable[[], bytes]
) -> None:
    day, path = next(_days), tmp_path / "extract.csv"
    path.write_bytes(build())

    intake.load_extract(at(ground), path, day)

    load = loads.find_current_load(open_engine(ground), day)
    assert load is not None
    assert (load.rows_read, load.rows_accepted, _written_rows(ground, day)) == (120, 120, 120)
    assert load.monthly_charges_total == pytest.approx(sum(float(row["MonthlyCharges"]) for row in _rows()))


def test_spaces_and_case_are_put_right_and_counted(ground: Settings, tmp_path: Path) -> None:
    day = next(_days)
    rows = _rows(Partner=" yes ", Churn="NO", Contract="month-TO-month", customerID=" 0001-TEST", tenure=" 10")

    outcome = intake.load_extract(at(ground), write_extract(tmp_path / "extract.csv", rows), day)

    assert outcome.summary == f"120 customers as of {day}; spaces or case corrected in 5 cells"
    with open_engine(ground).connect() as connection:
        raw = telco_churn_raw.c
        kept = sa.select(raw.partner, raw.churn, raw.contract, raw.tenure)
        row = connection.execute(kept.where(raw.snapshot_date == day, raw.customer_id == "0001-TEST")).one()
    assert tuple(row) == ("Yes", "No", "Month-to-month", 10)


# --- files that are refused as a whole ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """A source that must be refused: what it holds, the exit code, the two lines a person sees."""

    build: Callable[[], bytes]
    fact: str
    next_step: str
    exit_code: int = 3
    file_name: str = "extract.csv"


def _many_bad() -> bytes:
    rows = _rows(tenure="-3")
    rows[0]["tenure"] = "-4"
    return pl.DataFrame(rows).write_csv().encode()


def _damaged_parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "extract.parquet"
        pl.DataFrame(_rows()).write_parquet(path)
        return path.read_bytes()[:-20]


def _nested_parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "extract.parquet"
        pl.DataFrame(_rows()).with_columns(pl.lit(b"\xff\x00").alias("Churn")).write_parquet(path)
        return path.read_bytes()


EXPORT = "export the file again with commas, semicolons or tabs between the columns."
AS_CSV = "export the customers as UTF-8 CSV, as Parquet or as .xlsx."
ALL_COLUMNS = (
    "export the file again with all 21 columns, or declare your columns: `churn init --from FILE` writes a declaration."
)
CLOSE_QUOTE = 'correct that line: write a cell with a quote, a separator or a line break "like ""this""".'
REFUSALS = {
    "an empty file": Refusal(lambda: b"", "extract.csv is empty.", "ask the source for the file again."),
    "a header only": Refusal(
        lambda: _csv().split(b"\n")[0] + b"\n",
        "extract.csv has a header but no rows.",
        "ask the source for the file again.",
    ),
    "an empty first line": Refusal(
        lambda: b"\n" + _csv(),
        "extract.csv line 1 is empty.",
        "export the file again with the column names in line 1.",
    ),
    "a missing column": Refusal(
        lambda: pl.DataFrame(_rows()).drop("tenure", "Churn").write_csv().encode(),
        "extract.csv lacks the columns tenure, Churn.",
        ALL_COLUMNS,
    ),
    "a misspelt column": Refusal(
        lambda: _csv().replace(b"tenure", b"tenur", 1).replace(b"MonthlyCharges", b"MonthCharges", 1),
        "extract.csv lacks the columns tenure, MonthlyCharges. It has tenur: did you mean tenure? "
        "It has MonthCharges: did you mean MonthlyCharges?",
        ALL_COLUMNS,
    ),
    "a duplicated header": Refusal(
        lambda: _csv().replace(b"Partner", b"gender", 1),
        "extract.csv has the column gender twice.",
        "export the file again with each column once.",
    ),
    "a column by both its names": Refusal(
        lambda: pl.DataFrame(_rows()).with_columns(pl.col("Churn").alias("churn")).write_csv().encode(),
        "extract.csv has the column Churn twice.",
        "export the file again with each column once.",
    ),
    "no header line": Refusal(
        lambda: _csv().partition(b"\n")[2],
        "extract.csv line 1 has none of the column names of an extract.",
        "export the file again with the column names in line 1, separated by commas, semicolons or tabs.",
    ),
    "a wrong delimiter": Refusal(
        lambda: pl.DataFrame(_rows()).write_csv(separator="^").encode(),
        "extract.csv separates its columns with carets (^).",
        EXPORT,
    ),
    "CR line ends": Refusal(
        lambda: _csv().replace(b"\n", b"\r"),
        "extract.csv ends its lines with CR only.",
        "export the file again with LF or CRLF line ends.",
    ),
    "Latin-1 text": Refusal(
        lambda: _csv(customerID="Müller").decode().encode("latin-1"),
        f"extract.csv line {LINE} is not UTF-8 (byte 0xfc); it looks like Latin-1.",
        'export the file again as UTF-8, or write encoding = "latin-1" in a declaration (`churn init`).',
    ),
    "UTF-16 text that is cut off": Refusal(
        lambda: _csv().decode().encode("utf-16")[:-1],
        "extract.csv is UTF-16 text that is cut off or damaged.",
        "export the file again as UTF-8 CSV.",
    ),
    "NUL bytes": Refusal(
        lambda: _csv(customerID="0001\x00TEST"),
        f"extract.csv line {LINE} has NUL bytes, so the file is not text.",
        "export the file again as UTF-8 CSV.",
    ),
    "200 MB of one line": Refusal(
        lambda: b"x" * 200_000_000,
        "extract.csv line 1 is longer than 1,000,000 bytes.",
        "check that the file is CSV with one customer a line.",
    ),
    "a header and 20 MB of one line": Refusal(
        lambda: _csv() + b"x" * 20_000_000,
        "extract.csv line 122 is longer than 1,000,000 bytes.",
        "check that the file is CSV with one customer a line.",
    ),
    "a quote that is not closed": Refusal(
        _line(lambda line: f'"{line}'),
        f"extract.csv line {LINE} has a quote that is not closed or not doubled.",
        CLOSE_QUOTE,
    ),
    "a quote in the middle of a quoted cell": Refusal(
        _line(lambda line: f'"00"01{line[4:]}'),
        f"extract.csv line {LINE} has a quote that is not closed or not doubled.",
        CLOSE_QUOTE,
    ),
    "a PNG named .csv": Refusal(
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "extract.csv is a PNG picture, not CSV, Parquet or an .xlsx workbook.",
        AS_CSV,
    ),
    "an xlsx": Refusal(
        lambda: b"PK\x03\x04\x14\x00" + b"[Content_Types].xml",
        "extract.xlsx cannot be read as an Excel workbook: File is not a zip file.",
        "export the customers as UTF-8 CSV.",
        file_name="extract.xlsx",
    ),
    "a login page": Refusal(
        lambda: b"\n<!DOCTYPE html><title>Sign in</title>",
        "extract.csv is a web page or XML, not CSV, Parquet or an .xlsx workbook.",
        AS_CSV,
    ),
    "JSON": Refusal(
        lambda: b'[{"customerID": "1"}]', "extract.csv is JSON, not CSV, Parquet or an .xlsx workbook.", AS_CSV
    ),
    "truncated gzip": Refusal(
        lambda: gzip.compress(_csv())[:-500],
        "extract.csv.gz is a gzip file that is cut off or damaged (Compressed file ended before the end-of-stream "
        "marker was reached).",
        "ask the source for the file again.",
        file_name="extract.csv.gz",
    ),
    "a picture in gzip": Refusal(
        lambda: gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(100)),
        "extract.csv.gz line 1 is not UTF-8 (byte 0x89); it looks like Latin-1.",
        'export the file again as UTF-8, or write encoding = "latin-1" in a declaration (`churn init`).',
        file_name="extract.csv.gz",
    ),
    "truncated Parquet": Refusal(
        _damaged_parquet,
        "extract.parquet is a Parquet file that cannot be read: Parquet magic bytes not found in footer. Either the "
        "file is corrupted or this is not a parquet file.",
        "ask the source for the file again.",
        file_name="extract.parquet",
    ),
    "bytes for words in Parquet": Refusal(
        _nested_parquet,
        "extract.parquet has the column Churn, which holds neither text nor numbers (large_binary).",
        "export the 21 columns as text or as numbers.",
        file_name="extract.parquet",
    ),
    "a customer twice": Refusal(
        lambda: _csv(customerID="000003-MADEUP"),
        f"extract.csv has the same customer twice, in rows 5 and {LINE}.",
        "keep the right row and delete the other; an extract has one row per customer.",
    ),
    "a customer twice but for spaces": Refusal(
        lambda: _csv(customerID=" 000003-MADEUP "),
        f"extract.csv has the same customer twice, in rows 5 and {LINE}.",
        "keep the right row and delete the other; an extract has one row per customer.",
    ),
    "nothing but bad rows": Refusal(
        lambda: make_extract(40_000).with_columns(tenure=pl.lit("-3")).write_csv().encode(),
        "extract.csv: 28,978 of the first 28,978 rows break the contract, more than 1% of them "
        "(tenure_at_least_0 28,978, total_charges_present_once_billed 360); "
        "row 2: tenure_at_least_0: tenure must be 0 or more, found -3.",
        "correct the extract, then run again. Nothing was loaded. CHURN_REJECTED_SHARE_LIMIT sets the limit.",
    ),
    "customer numbers that break a rule, which no message repeats": Refusal(
        lambda: make_extract(120).with_columns(customerID=pl.lit("7" * 65)).write_csv().encode(),
        "extract.csv: 120 of 120 rows break the contract, more than 1% of them (customer_id_length 120); "
        "row 2: customer_id_length: customer_id must have 1 to 64 characters.",
        "correct the extract, then run again. Nothing was loaded. CHURN_REJECTED_SHARE_LIMIT sets the limit.",
    ),
    "too many bad rows": Refusal(
        _many_bad,
        "extract.csv: 2 of 120 rows break the contract, more than 1% of them (tenure_at_least_0 2); "
        "row 2: tenure_at_least_0: tenure must be 0 or more, found -4.",
        "correct the extract, then run again. Nothing was loaded. CHURN_REJECTED_SHARE_LIMIT sets the limit.",
    ),
}


def _run(
    settings: Settings, source: str | Path, day: date, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """Loads as the command line does. Returns the exit code and the lines a person sees."""
    with pytest.raises(typer.Exit) as refused, one_line_errors(verbose=False):
        intake.load_extract(at(settings), source, day)
    return refused.value.exit_code, capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_bad_file_is_refused_in_words_and_nothing_is_written(
    ground: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], refusal: Refusal
) -> None:
    day, path = next(_days), tmp_path / refusal.file_name
    path.write_bytes(refusal.build())

    exit_code, told = _run(ground, path, day, capsys)

    assert (exit_code, told) == (refusal.exit_code, [f"churn: {refusal.fact}", f"  next: {refusal.next_step}"])
    assert _written_rows(ground, day) == 0
    with open_engine(ground).connect() as connection:
        kept = sa.select(tables.loads.c.load_id, tables.loads.c.status, tables.loads.c.reason).where(
            tables.loads.c.snapshot_date == day
        )
        load_id, status, reason = connection.execute(kept).one()
        assert (status, reason) == ("refused", refusal.fact)
        set_aside = sa.select(sa.func.count()).where(rejected_rows.c.load_id == load_id)
        assert connection.execute(set_aside).scalar_one() == 0


def test_a_file_that_is_not_there(ground: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, told = _run(ground, tmp_path / "no.csv", next(_days), capsys)

    assert exit_code == 2
    assert told == [
        f"churn: There is no file {tmp_path / 'no.csv'}.",
        "  next: give --source the path or address of a customer extract.",
    ]


def test_a_date_in_the_future(ground: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = date(2999, 1, 1)

    exit_code, told = _run(ground, write_extract(tmp_path / "extract.csv", _rows()), day, capsys)

    assert exit_code == 2
    assert told[0].startswith("churn: The snapshot date 2999-01-01 is in the future (today is ")
    assert told[1] == "  next: give --as-of the business date of the extract."


@pytest.mark.parametrize(
    ("customers", "change", "setting", "value"),
    [(79, "21% fewer", "ROW_DROP", "0.22"), (151, "51% more", "ROW_GROWTH", "0.52")],
)
def test_far_fewer_or_more_customers_than_the_last_snapshot(
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    customers: int,
    change: str,
    setting: str,
    value: str,
) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "before.csv", make_extract(100)), date(2026, 1, 1))

    exit_code, told = _run(
        settings, write_extract(tmp_path / "extract.csv", make_extract(customers)), date(2026, 1, 2), capsys
    )

    limit = "20%" if setting == "ROW_DROP" else "50%"
    assert (exit_code, told) == (
        3,
        [
            f"churn: extract.csv has {customers} customers, {change} than the last snapshot, which has 100 (the limit "
            f"is {limit}).",
            f"  next: check that the extract is complete; if it is, run once with CHURN_{setting}_LIMIT={value}.",
        ],
    )
    assert _written_rows(settings, date(2026, 1, 2)) == 0


def test_a_folder_without_read_permission(ground: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)
        folder = Path(outer) / "daily"
        folder.mkdir(mode=0o300)
        workplace = at(ground)  # Another user may not connect to this database, nor import from this Python.
        importlib.import_module("rich.console")
        with _as_nobody(), pytest.raises(typer.Exit) as refused, one_line_errors(verbose=False):
            arrivals.find_extracts(workplace, folder, None)

    assert refused.value.exit_code == 2
    assert capsys.readouterr().err.splitlines() == [
        f"churn: This user cannot read the folder {folder} (Permission denied).",
        "  next: give the user read permission on the folder.",
    ]


class _as_nobody:  # noqa: N801
    """Root may read everything: the block runs as another user."""

    def __enter__(self) -> None:
        self.user = os.geteuid()
        if self.user == 0:
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        os.seteuid(self.user)


def test_an_address_that_hangs_is_given_up(
    ground: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", ground.database_url.get_secret_value() if ground.database_url else "")
    monkeypatch.setenv("CHURN_DOWNLOAD_TIMEOUT_SECONDS", "0.3")
    day = next(_days)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/extract.csv"
        exit_code, told = _run(load_settings(), address, day, capsys)

    assert exit_code == 1
    assert told == [
        "churn: 127.0.0.1 did not answer within 0.3 seconds.",
        "  next: check the address, or raise CHURN_DOWNLOAD_TIMEOUT_SECONDS.",
    ]
    assert _written_rows(ground, day) == 0

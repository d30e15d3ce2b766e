"""An extract may be separated by commas, semicolons, tabs or bars, be UTF-16, or be the first sheet of a workbook."""

import gzip
import zipfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from churn.errors import ContractBroken
from churn.intake.extract_form import ExtractForm
from churn.intake.reading import open_batches
from churn.intake.screening import Screened, screen_rows
from tests.support.factories import make_extract

ROWS = 40
MAX_BYTES = 10**7


def take(path: Path, mapping: ExtractForm | None = None, max_bytes: int = MAX_BYTES) -> Screened:
    mapping = mapping or ExtractForm()
    with open_batches(path, path.name, mapping, max_bytes) as opened:
        (batch,) = opened.batches
        return screen_rows(batch, opened.header, mapping)


def usual(folder: Path) -> pl.DataFrame:
    path = folder / "usual.csv"
    make_extract(ROWS).write_csv(path)
    return take(path).accepted


def write_workbook(path: Path, rows: list[list[object]], top: int = 0, sheets: int = 1) -> Path:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet, *_ = [book.add_worksheet() for _ in range(sheets)]
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if cell is not None:
                sheet.write(number + top, place, cell)
    book.close()
    return path


def workbook_of(frame: pl.DataFrame, path: Path, **how: int) -> Path:
    return write_workbook(path, [list(frame.columns), *map(list, frame.iter_rows())], **how)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_four_separators_are_read(tmp_path: Path, separator: str, packed: bool) -> None:
    text = make_extract(ROWS).write_csv(separator=separator).encode()
    path = tmp_path / "extract"
    path.write_bytes(gzip.compress(text) if packed else text)
    assert take(path).accepted.equals(usual(tmp_path))


def test_a_first_customer_who_looks_like_compressed_bytes_is_a_customer(tmp_path: Path) -> None:
    """Polars takes text that begins with x^ for zlib."""
    rows = make_extract(ROWS).with_columns(pl.concat_str(pl.lit("x^"), "customerID").alias("customerID"))
    rows.write_csv(tmp_path / "extract.csv")

    assert take(tmp_path / "extract.csv").accepted["customer_id"].to_list() == rows["customerID"].to_list()


def test_a_tab_inside_quotes_belongs_to_the_cell(tmp_path: Path) -> None:
    extract = make_extract(ROWS).with_columns(pl.lit("a\tb").alias("note"))
    path = tmp_path / "extract.tsv"
    extract.write_csv(path, separator="\t")
    assert take(path).accepted.equals(usual(tmp_path))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_utf_16_with_a_byte_order_mark_is_read(tmp_path: Path, encoding: str, line_end: str, separator: str) -> None:
    extract = make_extract(ROWS).with_columns(pl.lit("é😀").alias("note"))
    text = "\ufeff" + extract.write_csv(separator=separator, line_terminator=line_end)
    path = tmp_path / "extract.csv"
    path.write_bytes(text.encode(encoding))
    assert take(path, ExtractForm(encoding="latin-1")).accepted.equals(usual(tmp_path))
    path.write_bytes(gzip.compress(text.encode(encoding)))
    assert take(path).accepted.equals(usual(tmp_path))


def test_utf_16_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(make_extract(ROWS).write_csv().encode("utf-16")[:-1])
    with pytest.raises(ContractBroken, match="UTF-16 text that is cut off"):
        take(path)


def test_utf_16_keeps_the_limit_of_the_size(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(make_extract(ROWS).write_csv().encode("utf-16"))
    with pytest.raises(ContractBroken, match="larger than 1,000 bytes"):
        take(path, max_bytes=1_000)


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("true", "false"), ("TRUE", "FALSE"), ("yes", "NO")])
def test_answers_in_other_words_are_yes_and_no(tmp_path: Path, yes: str, no: str) -> None:
    answers = pl.col(pl.String).exclude("customerID").replace({"Yes": yes, "No": no})
    extract = make_extract(ROWS).with_columns(answers).with_columns(pl.col("InternetService").replace(no, "No"))
    path = tmp_path / "extract.csv"
    extract.write_csv(path)
    assert take(path).accepted.equals(usual(tmp_path))


def test_senior_citizens_in_words_are_1_and_0(tmp_path: Path) -> None:
    extract = make_extract(ROWS).with_columns(pl.col("SeniorCitizen").cast(pl.String).replace({"1": "Yes", "0": "No"}))
    path = tmp_path / "extract.csv"
    extract.write_csv(path)
    assert take(path).accepted.equals(usual(tmp_path))


def test_the_first_sheet_of_a_workbook_is_an_extract(tmp_path: Path) -> None:
    path = workbook_of(make_extract(ROWS), tmp_path / "extract.xlsx", sheets=2)
    taken = take(path, ExtractForm(encoding="latin-1"))
    assert taken.accepted.equals(usual(tmp_path))
    assert taken.row_numbers.to_list() == list(range(2, ROWS + 2))


def test_a_row_of_a_workbook_is_rejected_by_its_number_in_the_sheet(tmp_path: Path) -> None:
    extract = make_extract(ROWS).with_columns(
        tenure=pl.when(pl.int_range(pl.len()) == 4).then(-3).otherwise("tenure"),
        note=pl.lit("two\nlines"),
    )
    taken = take(workbook_of(extract, tmp_path / "extract.xlsx"))
    assert taken.rejected["row_number"].to_list() == [6]


def test_cells_of_a_workbook_are_written_as_a_csv_would(tmp_path: Path) -> None:
    from churn.intake.headers import EveryColumn

    cells = [1001, 45.9, True, date(2026, 11, 28), datetime(2026, 11, 28, 13, 5), 'a "b", c', None, "x\ny"]
    path = write_workbook(tmp_path / "cells.xlsx", [[f"c{place}" for place in range(len(cells))], cells])
    with open_batches(path, path.name, EveryColumn(), MAX_BYTES) as opened:
        (batch,) = opened.batches
    assert list(batch.rows.row(0))[1:] == [
        *("1001", "45.9", "true", "2026-11-28"),
        *("2026-11-28 13:05:00", 'a "b", c', "", "x y"),
    ]


def bomb(path: Path) -> Path:
    """Writes a workbook of one cell in the last corner of a sheet: 17 billion cells in a few kilobytes."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "customerID")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    return path


def unpacking_bomb(path: Path) -> Path:
    workbook_of(make_extract(3), path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/large", b"\0" * 2 * MAX_BYTES)
    return path


def other_archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("extract.csv", "a,b\n1,2\n")
    return path


def cut_off(path: Path) -> Path:
    content = workbook_of(make_extract(ROWS), path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (bomb, "it unpacks to more memory than a workbook may take"),
        (unpacking_bomb, "it unpacks to more than 10,000,000 bytes"),
        (other_archive, "it is a zip archive and no .xlsx workbook"),
        (cut_off, "File is not a zip file"),
        (lambda path: write_workbook(path, []), "its first sheet, Sheet1, is empty"),
        (lambda path: workbook_of(make_extract(3), path, top=2), "is empty above row 3"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_refused(tmp_path: Path, write: object, said: str) -> None:
    path = write(tmp_path / "extract.xlsx")  # type: ignore[operator]
    with pytest.raises(ContractBroken, match="cannot be read as an Excel workbook") as refused:
        take(path)
    assert said in refused.value.fact

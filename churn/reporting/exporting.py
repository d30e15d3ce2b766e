"""Exports a published date as a file for a CRM or a spreadsheet.

A spreadsheet runs a text that begins with =, +, -, @, a tab or a carriage return as a formula. In a CSV file such a
text gets an apostrophe in front. In an XLSX file it is stored as text. A Parquet file has no formulas.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors

from churn.contracts.formulas import defuse
from churn.errors import WrongUsage
from churn.stores.shown.exports import EXPORTS, read_export
from churn.stores.shown.versions import require_version
from churn.stores.workplace import Workplace

FORMATS = ("csv", "parquet", "xlsx")
MOST_XLSX_ROWS = 1_048_575


def export(
    workplace: Workplace,
    what: str,
    file_format: str,
    out: Path,
    as_of_date: date | None,
    known_at: datetime | None = None,
) -> str:
    """Writes a published date to a file. The file appears under its name only when it is complete.

    Args:
        workplace: where the database is.
        what: `action-list` (active customers for whom a contact pays, first calls first) or `predictions` (everybody).
        file_format: csv, parquet or xlsx.
        out: the file to write.
        as_of_date: the date (default: the latest published date).
        known_at: show the date as readers saw it at this moment (default: now).

    Returns:
        One line that says what was written.

    Raises:
        WrongUsage: there is no such export or format, or the rows do not fit on one XLSX sheet.
        NotPublished: the date is not published, or was not at that moment.
    """
    if what not in EXPORTS or file_format not in FORMATS:
        raise WrongUsage(
            f"There is no export of {what} as {file_format}.",
            f"choose {' or '.join(EXPORTS)}, with --format {', '.join(FORMATS)}.",
        )
    version = require_version(workplace.engine, as_of_date, known_at)
    batches = (_join_reasons(batch) for batch in read_export(workplace.engine, what, version))
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.unfinished")
    # The file is written under another name in the same folder and then renamed, which is atomic on one file system: a
    # program that reads the folder never sees half of an export.
    try:
        rows = _WRITERS[file_format](batches, unfinished)
        unfinished.rename(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return f"{out}: {rows:,} rows of {what} as of {version.publication.prediction_date}"


def pack(rows: Sequence[Mapping[str, Any]], file_format: str) -> bytes:
    """Returns rows as the bytes of a file, with the same protection against formulas as an export.

    Args:
        rows: at least one row; all rows have the same columns.
        file_format: csv or xlsx.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"rows.{file_format}")
        _WRITERS[file_format](iter([_join_reasons(pl.DataFrame(rows, infer_schema_length=None))]), path)
        return path.read_bytes()


def _join_reasons(batch: pl.DataFrame) -> pl.DataFrame:
    """Joins each list of reasons to one text. + and - become words, since a text that begins with + is a formula."""
    in_words = pl.element().str.replace(r"^\+ ", "raises: ").str.replace(r"^- ", "lowers: ")
    return batch.with_columns(selectors.list().list.eval(in_words).list.join("; "))


def _write_csv(batches: Iterable[pl.DataFrame], path: Path) -> int:
    rows = 0
    with path.open("wb") as stream:
        for number, batch in enumerate(batches):
            defuse(batch).write_csv(stream, include_header=number == 0)
            rows += batch.height
    return rows


def _write_parquet(batches: Iterator[pl.DataFrame], path: Path) -> int:
    import pyarrow.parquet

    rows = 0
    # Parquet needs the schema before the first row. There is always a first batch, even when it has no rows.
    first = next(batches).to_arrow()
    with pyarrow.parquet.ParquetWriter(path, first.schema, compression="zstd") as file:
        for batch in chain([first], (later.to_arrow() for later in batches)):
            file.write_table(batch)
            rows += batch.num_rows
    return rows


def _write_xlsx(batches: Iterator[pl.DataFrame], path: Path) -> int:
    import xlsxwriter

    rows = pl.concat(batches)
    if rows.height > MOST_XLSX_ROWS:
        raise WrongUsage(
            f"An XLSX sheet holds at most {MOST_XLSX_ROWS:,} rows, but the export has {rows.height:,}.",
            "export it with --format csv or parquet.",
        )
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        # Autofit measures every cell: for a million rows that takes minutes.
        rows.write_excel(book, autofit=rows.height < 10_000)
    return rows.height


_WRITERS = {"csv": _write_csv, "parquet": _write_parquet, "xlsx": _write_xlsx}

"""A source file as batches of text: its kind told by its first bytes, its header understood, nothing interpreted yet.

Every cell is read as text, so that what is not a number can be shown as it stands. Refuses files that are not an
extract at all; single bad rows are `screening`'s matter. Never holds more than a few batches of a file.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

import polars as pl

from churn.contracts import EXTRACT_COLUMNS
from churn.errors import ContractBroken
from churn.intake.headers import Header
from churn.intake.mapping import Mapping

ROW_NUMBER = "row_number"
SMALLEST_ROW_BYTES = 2 * len(EXTRACT_COLUMNS)
"""A character and a separator for each column; a row without them is a bad one."""

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_NOT_EXTRACTS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x7fELF": "a program",
    b"<": "a web page or XML",
    b"{": "JSON",
    b"[": "JSON",
}


@dataclass(frozen=True)
class TextBatch:
    """Some rows of a file.

    Attributes:
        rows: row_number (line in the file, the header being 1; in Parquet the row's place, the first being 1) and the
            21 extract columns as text, in file order; in a file of corrected rows also the load each belongs to.
        misfits: rows that have more or fewer cells than the header: row_number, reasons, row (JSON).
    """

    rows: pl.DataFrame
    misfits: pl.DataFrame


@dataclass(frozen=True)
class Opened:
    """A file whose header is understood, and its batches, which can be read once.

    Attributes:
        most_rows: good rows it can have at most; None when that is not known before it is unpacked.
    """

    header: Header
    batches: Iterator[TextBatch]
    most_rows: int | None = None


@contextmanager
def open_batches(path: Path, name: str, mapping: Mapping, max_bytes: int) -> Iterator[Opened]:
    """Opens an extract: CSV, gzipped CSV or Parquet, told by its first bytes.

    Args:
        path: the file.
        name: what to call it in messages.
        mapping: how it differs from the public names and words.
        max_bytes: unpacked, no file may be larger.

    Raises:
        ContractBroken: here or while batches are read, when the file as a whole is no extract.
    """
    from churn.intake import csv_reading, parquet_reading

    with path.open("rb") as stream:
        start = stream.read(8)
        stream.seek(0)
        if not start:
            raise ContractBroken(f"{name} is empty.", "ask the source for the file again.")
        if start.startswith(_PARQUET):
            yield parquet_reading.open_parquet(stream, name, mapping)
        elif start.startswith(_GZIP):
            with _unpack(stream, name) as unpacked:
                yield csv_reading.open_csv(unpacked, name, mapping, max_bytes)
        else:
            refuse_other_kinds(start, name)
            opened = csv_reading.open_csv(stream, name, mapping, max_bytes)
            yield replace(opened, most_rows=path.stat().st_size // SMALLEST_ROW_BYTES)


def refuse_other_kinds(start: bytes, name: str) -> None:
    """Names a file that is something else by its first bytes.

    Raises:
        ContractBroken: it is one of the kinds that arrive by mistake.
    """
    for magic, kind in _NOT_EXTRACTS.items():
        if start.lstrip(b" \r\n\t" if len(magic) == 1 else b"").startswith(magic):
            raise ContractBroken(
                f"{name} is {kind}, not CSV or Parquet.", "export the customers as CSV in UTF-8, or as Parquet."
            )


@contextmanager
def _unpack(stream: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    with gzip.open(stream) as unpacked:
        try:
            yield cast("IO[bytes]", unpacked)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ContractBroken(
                f"{name} is a gzip file that is cut off or damaged ({error}).", "fetch it again from its source."
            ) from error


def no_misfits() -> pl.DataFrame:
    """An empty frame in the shape of rows set aside."""
    return pl.DataFrame(schema={ROW_NUMBER: pl.Int64, "reasons": pl.List(pl.String), "row": pl.String})

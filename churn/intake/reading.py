"""Reads an extract as batches of text. The first bytes of a file show its kind: CSV, gzipped CSV, Parquet or .xlsx.

Every cell is read as text, so that messages can show a cell that is not a number exactly as the file has it. This
module refuses files that are no extract; `screening` rejects single rows. A file is never in memory as a whole: only
a few batches of it are.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from churn.errors import ContractBroken
from churn.intake import csv_reading, parquet_reading, workbook_reading
from churn.intake.batches import Opened
from churn.intake.extract_form import ExtractForm
from churn.intake.headers import EveryColumn
from churn.intake.kinds import refuse_other_kinds
from churn.intake.utf16 import BYTE_ORDER_MARKS, as_utf8

_MOST_GZIP = 1032
"""The largest number of bytes that one byte of gzip unpacks to."""

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"


@contextmanager
def open_batches(path: Path, name: str, extract_form: ExtractForm | EveryColumn, max_bytes: int) -> Iterator[Opened]:
    """Opens an extract: CSV, gzipped CSV, Parquet, or the first sheet of an .xlsx workbook.

    Args:
        path: the file.
        name: the name that messages give the file.
        extract_form: how the file differs from the public names and words; or that every column is wanted.
        max_bytes: the largest size allowed, after unpacking.

    Raises:
        ContractBroken: the file is no extract. This can also be raised later, while the caller reads the batches.
    """
    size = path.stat().st_size
    # The core alone has a character and a separator in each cell; blank cells of other columns may have no character.
    smallest_row = 1 if isinstance(extract_form, EveryColumn) else 2 * len(extract_form.declaration.extract_columns)
    with path.open("rb") as stream:
        start = stream.read(8)
        stream.seek(0)
        if not start:
            raise ContractBroken(f"{name} is empty.", "ask the source for the file again.")
        if start.startswith(_PARQUET):
            with parquet_reading.open_parquet(path, name, extract_form, max_bytes) as parquet:
                yield parquet
        elif start.startswith(_ZIP):
            with workbook_reading.open_workbook(path, name, extract_form, max_bytes) as workbook:
                yield workbook
        elif start.startswith(_GZIP):
            with _unpack(stream, name) as unpacked:
                opened = csv_reading.open_csv(_plain(unpacked, name), name, extract_form, max_bytes)
                yield replace(opened, most_rows=min(max_bytes, size * _MOST_GZIP) // smallest_row)
        else:
            refuse_other_kinds(start, name)
            opened = csv_reading.open_csv(_plain(stream, name), name, extract_form, max_bytes)
            yield replace(opened, most_rows=size // smallest_row)


def _plain(stream: IO[bytes], name: str) -> IO[bytes]:
    """Returns the stream unchanged, or in UTF-8 if it begins as UTF-16."""
    start = stream.peek(2)[:2]  # type: ignore[attr-defined]
    return as_utf8(stream, name) if start in BYTE_ORDER_MARKS else stream


@contextmanager
def _unpack(stream: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    with gzip.open(stream) as unpacked:
        # The caller reads inside this `yield`, so an error of unpacking is thrown in here, whichever batch it hits.
        try:
            yield cast("IO[bytes]", unpacked)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ContractBroken(
                f"{name} is a gzip file that is cut off or damaged ({error}).", "ask the source for the file again."
            ) from error

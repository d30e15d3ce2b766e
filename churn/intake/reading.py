"""A source file as batches of text: its kind told by its first bytes, its header understood, nothing interpreted yet.

Every cell is read as text, so that what is not a number can be shown as it stands. Refuses files that are not an
extract at all; single bad rows are `screening`'s matter. Never holds more than a few batches of a file.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from churn.contracts.extract import EXTRACT_COLUMNS
from churn.errors import ContractBroken
from churn.intake import csv_reading, parquet_reading
from churn.intake.batches import Opened
from churn.intake.kinds import refuse_other_kinds
from churn.intake.mapping import Mapping

SMALLEST_ROW_BYTES = 2 * len(EXTRACT_COLUMNS)
"""A character and a separator for each column; a row without them is a bad one."""

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"


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


@contextmanager
def _unpack(stream: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    with gzip.open(stream) as unpacked:
        try:
            yield cast("IO[bytes]", unpacked)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ContractBroken(
                f"{name} is a gzip file that is cut off or damaged ({error}).", "fetch it again from its source."
            ) from error

"""Reads Parquet as batches of text, so that one contract screens every kind of file. `parquet_child` decodes it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import polars as pl

from churn.errors import ContractBroken
from churn.intake.batches import ROW_NUMBER, Opened, TextBatch, no_misfits
from churn.intake.headers import EveryColumn, Header, understand_names
from churn.intake.mapping import Mapping

SMALLEST_ROW_BYTES = 42
"""One character and one separator for each of the 21 columns, as in CSV."""

_REFUSED, _ODD_COLUMN = 3, 4  # Exit codes of the child, which imports pyarrow and is never imported here.
_Child = subprocess.Popen[bytes]


@contextmanager
def open_parquet(path: Path, name: str, mapping: Mapping | EveryColumn, max_bytes: int) -> Iterator[Opened]:
    """Reads the column names; the rows are read later, when the caller asks for them.

    Raises:
        ContractBroken: the file is cut off or damaged, unpacks to more than `max_bytes`, or lacks a column.
    """
    command = [sys.executable, "-P", "-m", "churn.intake.parquet_child", str(path.absolute()), str(max_bytes)]
    # A file for the messages: a pipe that nobody reads until the end could fill up and stop the child.
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages) as child,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            answer = child.stdout.readline()
            if not answer:
                raise _refusal(name, child, messages)
            told = json.loads(answer)
            if told["rows"] * SMALLEST_ROW_BYTES > max_bytes:
                raise _damaged(name, f"it has {told['rows']:,} rows, more than {max_bytes:,} bytes can hold")
            header = understand_names(name, told["names"], mapping)
            child.stdin.write(json.dumps(list(dict.fromkeys(header.read_columns.values()))).encode() + b"\n")
            child.stdin.flush()
            yield Opened(header, _read_batches(child, messages, name, header), told["rows"])
        finally:
            child.kill()


def _read_batches(
    child: "subprocess.Popen[bytes]", messages: IO[bytes], name: str, header: Header
) -> Iterator[TextBatch]:
    # pyarrow is imported here and not above: a run whose extract is CSV never needs it.
    import pyarrow as pa

    first = 1
    try:
        for batch in pa.ipc.open_stream(child.stdout):
            cells = pl.DataFrame(pl.from_arrow(batch))
            numbers = pl.int_range(first, first + cells.height, eager=True, dtype=pl.Int64).alias(ROW_NUMBER)
            chosen = [cells[theirs].cast(pl.String).alias(ours) for ours, theirs in header.read_columns.items()]
            yield TextBatch(pl.DataFrame([numbers, *chosen]), no_misfits())
            first += cells.height
    except (pa.ArrowException, OSError) as error:
        raise _refusal(name, child, messages) from error
    # A child that died leaves a stream that only looks complete.
    if child.wait() != 0:
        raise _refusal(name, child, messages)


def _refusal(name: str, child: _Child, messages: IO[bytes]) -> ContractBroken:
    """Returns why the child ended before the last row."""
    code = child.wait()
    messages.seek(0)
    said = messages.read(2_000).decode(errors="replace").strip()
    if code == _ODD_COLUMN:
        return ContractBroken(f"{name} has {said}.", "export the 21 columns as text or as numbers.")
    if code == _REFUSED and said:
        return _damaged(name, said.splitlines()[0])
    return _damaged(name, "it is damaged, or it unpacks to more memory than a Parquet file may take")


def _damaged(name: str, reason: str) -> ContractBroken:
    return ContractBroken(
        f"{name} is a Parquet file that cannot be read: {reason.rstrip('.')}.", "ask the source for the file again."
    )

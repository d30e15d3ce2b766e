"""Reads Parquet as batches of text, so that one contract screens every kind of file. `parquet_child` decodes it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from churn.errors import ContractBroken
from churn.intake.batches import ROW_NUMBER, Opened, TextBatch, no_misfits
from churn.intake.decoding import Decoder, start_decoder
from churn.intake.decoding_child import REFUSED
from churn.intake.extract_form import ExtractForm
from churn.intake.headers import EveryColumn, Header, understand_names

SMALLEST_ROW_BYTES = 42
"""One character and one separator for each of the 21 columns, as in CSV."""

_ODD_COLUMN = 4  # As in the child, which is never imported here: it imports pyarrow.


@contextmanager
def open_parquet(path: Path, name: str, extract_form: ExtractForm | EveryColumn, max_bytes: int) -> Iterator[Opened]:
    """Reads the column names; the rows are read later, when the caller asks for them.

    Raises:
        ContractBroken: the file is cut off or damaged, unpacks to more than `max_bytes`, or lacks a column.
    """
    with start_decoder("churn.intake.parquet_child", path, max_bytes) as child:
        answer = child.output.readline()
        if not answer:
            raise _refusal(name, child)
        told = json.loads(answer)
        # The footer may promise any number of rows. One character and one separator a column is the least they take.
        if told["rows"] * SMALLEST_ROW_BYTES > max_bytes:
            raise _damaged(name, f"it has {told['rows']:,} rows, more than {max_bytes:,} bytes can hold")
        header = understand_names(name, told["names"], extract_form)
        child.orders.write(json.dumps(list(dict.fromkeys(header.read_columns.values()))).encode() + b"\n")
        child.orders.flush()
        yield Opened(header, _read_batches(child, name, header), told["rows"])


def _read_batches(child: Decoder, name: str, header: Header) -> Iterator[TextBatch]:
    # pyarrow is imported here and not above: a run whose extract is CSV never needs it.
    import pyarrow as pa

    first = 1
    try:
        for batch in pa.ipc.open_stream(child.output):
            cells = pl.DataFrame(pl.from_arrow(batch))
            numbers = pl.int_range(first, first + cells.height, eager=True, dtype=pl.Int64).alias(ROW_NUMBER)
            chosen = [cells[theirs].cast(pl.String).alias(ours) for ours, theirs in header.read_columns.items()]
            yield TextBatch(pl.DataFrame([numbers, *chosen]), no_misfits())
            first += cells.height
    except (pa.ArrowException, OSError) as error:
        raise _refusal(name, child) from error
    if child.has_failed():
        raise _refusal(name, child)


def _refusal(name: str, child: Decoder) -> ContractBroken:
    """Returns why the child ended before the last row."""
    code, said = child.explain_end()
    if code == _ODD_COLUMN:
        return ContractBroken(f"{name} has {said}.", "export the 21 columns as text or as numbers.")
    if code == REFUSED and said:
        return _damaged(name, said.splitlines()[0])
    return _damaged(name, "it is damaged, or it unpacks to more memory than a Parquet file may take")


def _damaged(name: str, reason: str) -> ContractBroken:
    return ContractBroken(
        f"{name} is a Parquet file that cannot be read: {reason.rstrip('.')}.", "ask the source for the file again."
    )

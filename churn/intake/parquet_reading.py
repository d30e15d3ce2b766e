"""Reads Parquet as batches of text, so that one contract screens every kind of file."""

from collections.abc import Iterator
from typing import IO, Any

import polars as pl

from churn.errors import ContractBroken
from churn.intake.batches import ROW_NUMBER, Opened, TextBatch, no_misfits
from churn.intake.headers import Header, understand_names
from churn.intake.mapping import Mapping

BATCH_ROWS = 30_000


def open_parquet(stream: IO[bytes], name: str, mapping: Mapping) -> Opened:
    """Reads the column names; the rows are read later, when the caller asks for them.

    Raises:
        ContractBroken: the file is cut off or damaged, or lacks a column.
    """
    # pyarrow is imported here and not above: a run whose extract is CSV never needs it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error
    header = understand_names(name, list(file.schema_arrow.names), mapping)
    return Opened(header, _read_batches(file, name, header))


def _read_batches(file: Any, name: str, header: Header) -> Iterator[TextBatch]:
    import pyarrow as pa

    first = 1
    read_columns = header.read_columns
    try:
        for batch in file.iter_batches(BATCH_ROWS, columns=list(read_columns.values())):
            cells = pl.DataFrame(pl.from_arrow(batch))
            numbers = pl.int_range(first, first + cells.height, eager=True, dtype=pl.Int64).alias(ROW_NUMBER)
            chosen = [_as_text(cells[theirs], name).alias(ours) for ours, theirs in read_columns.items()]
            yield TextBatch(pl.DataFrame([numbers, *chosen]), no_misfits())
            first += cells.height
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error


def _as_text(cells: pl.Series, file_name: str) -> pl.Series:
    if cells.dtype.is_nested() or cells.dtype in (pl.Binary, pl.Object):
        raise ContractBroken(
            f"{file_name} has the column {cells.name}, which holds neither text nor numbers ({cells.dtype}).",
            "export the 21 columns as text or as numbers.",
        )
    return cells.cast(pl.String)


def _damaged(name: str, error: Exception) -> ContractBroken:
    first_line = str(error).strip().splitlines()[0].rstrip(".")
    return ContractBroken(
        f"{name} is a Parquet file that cannot be read: {first_line}.", "ask the source for the file again."
    )

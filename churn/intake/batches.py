"""A source file's rows as text, batch by batch: what every reader gives and screening takes."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from churn.intake.headers import Header

ROW_NUMBER = "row_number"


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


def no_misfits() -> pl.DataFrame:
    """An empty frame in the shape of rows set aside."""
    return pl.DataFrame(schema={ROW_NUMBER: pl.Int64, "reasons": pl.List(pl.String), "row": pl.String})

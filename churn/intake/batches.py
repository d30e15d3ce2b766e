"""The rows of an extract as text, batch by batch: every reader produces these batches and screening consumes them."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from churn.intake.headers import Header

ROW_NUMBER = "row_number"


@dataclass(frozen=True)
class TextBatch:
    """Some rows of a file.

    Attributes:
        rows: row_number and the 21 extract columns as text, in file order. In CSV row_number is the line in the file
            (the header is line 1); in Parquet it is the position of the row (the first is 1). A file of corrected
            rows also has the load that rejected each row.
        misfits: rows that have more or fewer cells than the header: row_number, reasons, row (JSON).
        blank_lines: the number of empty lines between these rows.
    """

    rows: pl.DataFrame
    misfits: pl.DataFrame
    blank_lines: int = 0


@dataclass(frozen=True)
class Opened:
    """A file whose header was understood, and its batches. The batches can be read only once.

    Attributes:
        most_rows: the largest number of good rows that the file can hold, judged by its size; None when the size is
            not known before the file is unpacked.
    """

    header: Header
    batches: Iterator[TextBatch]
    most_rows: int | None = None


def no_misfits() -> pl.DataFrame:
    """Returns an empty frame with the columns of rejected rows."""
    return pl.DataFrame(schema={ROW_NUMBER: pl.Int64, "reasons": pl.List(pl.String), "row": pl.String})

"""Reads a doubtful block of CSV row by row, with the standard library.

A block is doubtful if it has a row with too many or too few cells, a line break inside quotes, a stray quote or a blank
line. Row by row, each row keeps its line number, and one bad row does not take its neighbours with it.
"""

import csv
import io
import json
from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import islice

import polars as pl

from churn.errors import ContractBroken
from churn.intake.batches import ROW_NUMBER, TextBatch, no_misfits
from churn.intake.headers import Header
from churn.intake.rules import EVERY_CELL, RULES

MAX_LINE_BYTES = 1_000_000
PIECE_ROWS = 20_000
"""Rows in one batch. As one batch, the two million rows of 4 MB of one-letter lines would take gigabytes."""

_MORE_CELLS = 10
"""The number of cells behind the last column that a rejected row keeps."""

# The csv module's own limit is 131,072 characters a cell. A longer cell would raise csv.Error without a line number,
# so the limit is raised to the longest line that is accepted.
csv.field_size_limit(MAX_LINE_BYTES)

_write_json = json.JSONEncoder(ensure_ascii=False).encode

Numbered = list[tuple[int, list[str]]]
"""Rows, each with its line number in the file and its cells."""


class QuoteFault(Exception):
    """A quote is not closed or not doubled. `done` lines of the block were read before it."""

    def __init__(self, done: int, is_open: bool) -> None:
        super().__init__(done, is_open)
        self.done, self.is_open = done, is_open


def read_row_by_row(
    text: str, first_line: int, separator: str, header: Header
) -> Generator[TextBatch, None, QuoteFault | None]:
    """Yields the rows of a block, and returns the quote that stopped the reading before the end of the block.

    Each row that has more or fewer cells than the header is a misfit. Blank lines are passed over.
    """
    # newline="\n" keeps CRLF inside quoted cells; strict=True makes a stray quote an error instead of a guess.
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator, strict=True)
    done, blank, fault = 0, 0, None

    def take_rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal done, blank, fault
        try:
            for cells in reader:
                if cells:  # The reader returns an empty list for a blank line.
                    yield first_line + done, cells
                else:
                    blank += 1
                done = reader.line_num  # Lines, not rows: a row with a line break inside quotes takes several.
        except csv.Error as error:
            # "unexpected end of data" means that the quotes of the last row are still open.
            fault = QuoteFault(done, "unexpected end" in str(error))

    rows = take_rows()
    while piece := list(islice(rows, PIECE_ROWS)):
        yield _split_by_width(piece, header)
    if blank:
        yield replace(_split_by_width([], header), blank_lines=blank)
    return fault


def quote_refused(file_name: str, line_number: int) -> ContractBroken:
    """Returns the refusal of a file in which a quote is not closed or not doubled."""
    return ContractBroken(
        f"{file_name} line {line_number} has a quote that is not closed or not doubled.",
        'correct that line: write a cell with a quote, a separator or a line break "like ""this""".',
    )


def _split_by_width(numbered: Numbered, header: Header) -> TextBatch:
    width = len(header.names)
    fitting = [(number, cells) for number, cells in numbered if len(cells) == width]
    cells = pl.DataFrame(
        [row for _, row in fitting], schema={f"c{place}": pl.String for place in range(width)}, orient="row"
    )
    numbers = pl.Series([number for number, _ in fitting], dtype=pl.Int64)
    misfits = [(number, cells) for number, cells in numbered if len(cells) != width]
    return TextBatch(name_cells(cells, header, numbers), _describe_misfits(misfits, header))


def name_cells(cells: pl.DataFrame, header: Header, row_numbers: pl.Series) -> pl.DataFrame:
    """Returns row numbers and the columns to read, under our names; `cells` has all columns in file order."""
    chosen = [cells.to_series(header.names.index(name)).alias(ours) for ours, name in header.read_columns.items()]
    return pl.DataFrame([row_numbers.cast(pl.Int64).alias(ROW_NUMBER), *chosen])


def _describe_misfits(misfits: Numbered, header: Header) -> pl.DataFrame:
    if not misfits:
        return no_misfits()
    reason = f"{EVERY_CELL}: {RULES[EVERY_CELL]}, found {{}} instead of {len(header.names)}"
    described = pl.DataFrame(
        {
            ROW_NUMBER: [number for number, _ in misfits],
            "reasons": [reason.format(len(cells)) for _, cells in misfits],
            "row": [_write_json(_keep_cells(cells, header)) for _, cells in misfits],
        },
        schema_overrides={ROW_NUMBER: pl.Int64},
    )
    return described.with_columns(pl.concat_list("reasons"))  # Lists made in Python take ten times as long.


def _keep_cells(cells: list[str], header: Header) -> dict[str, str | None]:
    """Returns what the ledger keeps of a row of another width: column name -> cell."""
    if header.extras:
        # In such a row nobody knows which cell belongs to which column. A name or an address of an ignored column may
        # stand anywhere, so that no cell is kept; the line number shows where the row is.
        return dict.fromkeys(header.columns.values())
    width = len(header.names)
    more = [f"cell {place}" for place in range(width + 1, min(len(cells), width + _MORE_CELLS) + 1)]
    return dict.fromkeys(header.names) | dict(zip([*header.names, *more], cells, strict=False))

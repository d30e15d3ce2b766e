"""CSV as batches of text, a block of whole lines at a time.

A clean block goes through Polars at once. A doubtful one (a row with too many or too few cells, a line break inside
quotes, a stray quote, a blank line) is read row by row with the standard library, so that each row keeps its line
number and one bad row does not cost its neighbours.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import IO

import polars as pl

from churn.errors import ContractBroken
from churn.intake.batches import ROW_NUMBER, Opened, TextBatch, no_misfits
from churn.intake.headers import Header, count_known, understand_names
from churn.intake.kinds import refuse_other_kinds
from churn.intake.mapping import Mapping
from churn.intake.rules import EVERY_CELL, RULES

BLOCK_BYTES = 4 * 1024 * 1024
MAX_LINE_BYTES = 1_000_000
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = {",": "commas", ";": "semicolons"}
_OTHER_SEPARATORS = {"\t": "tabs", "|": "bars (|)", "^": "carets (^)", ":": "colons"}

csv.field_size_limit(MAX_LINE_BYTES)


@dataclass(frozen=True)
class Layout:
    """How the lines of one file are written."""

    file_name: str
    separator: str
    header: Header
    encoding: str


@dataclass(frozen=True)
class _Block:
    """Whole lines of a file, in UTF-8, and the number of the first."""

    first_line: int
    text: bytes


def open_csv(stream: IO[bytes], name: str, mapping: Mapping, max_bytes: int) -> Opened:
    """Understands the header line; batches are read as they are asked for.

    Raises:
        ContractBroken: no header line that can be understood.
    """
    first = stream.readline(MAX_LINE_BYTES + 1)
    _check_line(first, name, 1)
    encoding = "utf-8" if first.startswith(_BOM) else mapping.encoding
    text = _decode(first.removeprefix(_BOM), name, 1, encoding).rstrip("\r\n")
    refuse_other_kinds(text[:8].encode(), name)
    if not text.strip():
        raise ContractBroken(f"{name} starts with an empty line.", "export it again with the column names in line 1.")
    separator = _find_separator(text, name, mapping)
    names = _split(text, separator)
    layout = Layout(name, separator, understand_names(name, names, mapping), encoding)
    return Opened(layout.header, _read_batches(stream, layout, max_bytes))


def _find_separator(header: str, name: str, mapping: Mapping) -> str:
    """Returns the separator that makes the most known names of the header line."""
    if "\r" in header:
        raise ContractBroken(f"{name} ends its lines with CR alone.", "export it again with LF or CRLF line ends.")
    known = {separator: count_known(_split(header, separator), mapping) for separator in _SEPARATORS}
    best = max(known, key=lambda separator: known[separator])
    for other, word in _OTHER_SEPARATORS.items():
        if count_known(_split(header, other), mapping) > max(known[best], 1):
            raise ContractBroken(
                f"{name} separates its columns by {word}.", "export it again with commas or semicolons."
            )
    if not known[best]:
        raise ContractBroken(
            f"{name} line 1 names none of the columns of an extract; it starts with {header[:40]!r}.",
            "export it with the column names in line 1, separated by commas or semicolons.",
        )
    return best


def _split(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _read_batches(stream: IO[bytes], layout: Layout, max_bytes: int) -> Iterator[TextBatch]:
    next_line, rest, read = 2, b"", 0
    while block := stream.read(BLOCK_BYTES):
        read += len(block)
        if read > max_bytes:
            raise ContractBroken(
                f"{layout.file_name} is larger than the {max_bytes:,} bytes agreed.",
                "check the file, or raise CHURN_MAX_EXTRACT_MEGABYTES.",
            )
        lines, rest = _cut_after_last_line(rest + block)
        if len(rest) > MAX_LINE_BYTES:
            _check_line(rest, layout.file_name, next_line + lines.count(b"\n"))
        if lines:
            batch, open_row = _read_block(_Block(next_line, lines), layout, is_last=False)
            next_line += lines.count(b"\n") - open_row.count(b"\n")
            rest = open_row + rest
            yield batch
    if rest:
        yield _read_block(_Block(next_line, rest), layout, is_last=True)[0]


def _cut_after_last_line(block: bytes) -> tuple[bytes, bytes]:
    end = block.rfind(b"\n") + 1
    return block[:end], block[end:]


def _check_line(line: bytes, name: str, line_number: int) -> None:
    if b"\0" in line:
        raise ContractBroken(
            f"{name} line {line_number} holds NUL bytes: it is not text.", "export it again as UTF-8 CSV."
        )
    if len(line) > MAX_LINE_BYTES:
        raise ContractBroken(
            f"{name} line {line_number} is longer than {MAX_LINE_BYTES:,} bytes.",
            "check that the file is CSV with one customer per line.",
        )


def _decode(line: bytes, name: str, line_number: int, encoding: str) -> str:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise ContractBroken(
            f"{name} line {line_number} is not UTF-8 (byte 0x{line[error.start]:02x}); it looks like Latin-1.",
            'export it again as UTF-8, or say encoding = "latin-1" in a --mapping file.',
        ) from error


def _read_block(block: _Block, layout: Layout, is_last: bool) -> tuple[TextBatch, bytes]:
    """Returns a block's rows, and the bytes of a row that goes on in the next block."""
    text = _as_utf8(block, layout)
    rows = _read_at_once(_Block(block.first_line, text), layout)
    if rows is not None:
        return TextBatch(rows, no_misfits()), b""
    return _read_row_by_row(block, text.decode(), layout, is_last)


def _as_utf8(block: _Block, layout: Layout) -> bytes:
    """Checks a block's bytes: no NUL, text in the agreed encoding."""
    if b"\0" in block.text:
        line_number = block.first_line + block.text.count(b"\n", 0, block.text.index(b"\0"))
        _check_line(b"\0", layout.file_name, line_number)
    if block.text.isascii():
        return block.text
    try:
        return block.text.decode(layout.encoding).encode()
    except UnicodeDecodeError as error:
        before = block.text.count(b"\n", 0, error.start)
        _decode(block.text.split(b"\n")[before], layout.file_name, block.first_line + before, layout.encoding)
        raise


def _read_at_once(block: _Block, layout: Layout) -> pl.DataFrame | None:
    """Reads a clean block; None when anything about it is doubtful."""
    if block.text.count(b'"') % 2:
        return None
    places = {f"c{place}": pl.String for place in range(len(layout.header.names))}
    try:
        cells = pl.read_csv(
            block.text,
            has_header=False,
            schema=places,
            separator=layout.separator,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    line_count = block.text.count(b"\n") + (not block.text.endswith(b"\n"))
    if cells.height != line_count or not _is_full_width(block.text, cells, layout):
        return None
    return _name_cells(cells, layout, pl.int_range(block.first_line, block.first_line + line_count, eager=True))


def _is_full_width(text: bytes, cells: pl.DataFrame, layout: Layout) -> bool:
    """Whether no row lacks a cell, which Polars fills without a word; it refuses a row with more by itself."""
    if b'"' in text:  # separators inside quotes spoil the count; a row that lacks cells lacks its last
        return bool((cells.to_series(-1) != "").all())
    return text.count(layout.separator.encode()) == cells.height * (cells.width - 1)


def _name_cells(cells: pl.DataFrame, layout: Layout, row_numbers: pl.Series) -> pl.DataFrame:
    names = layout.header.names
    read = layout.header.read_columns
    chosen = [cells.to_series(names.index(name)).alias(ours) for ours, name in read.items()]
    return pl.DataFrame([row_numbers.cast(pl.Int64).alias(ROW_NUMBER), *chosen])


def _read_row_by_row(block: _Block, text: str, layout: Layout, is_last: bool) -> tuple[TextBatch, bytes]:
    """Reads a doubtful block; a row with another number of cells than the header is set aside."""
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=layout.separator, strict=True)
    numbered: list[tuple[int, list[str]]] = []
    done = 0
    try:
        for cells in reader:
            if cells:
                numbered.append((block.first_line + done, cells))
            done = reader.line_num
    except csv.Error as error:
        open_row = b"\n".join(block.text.split(b"\n")[done:])
        if is_last or "unexpected end" not in str(error) or len(open_row) > MAX_LINE_BYTES:
            raise ContractBroken(
                f"{layout.file_name} line {block.first_line + done} has a quote that is not closed or not doubled.",
                'correct that line: a cell with a quote, a separator or a line break is written "like ""this""".',
            ) from error
    else:
        open_row = b""
    return _split_by_width(numbered, layout), open_row


def _split_by_width(numbered: list[tuple[int, list[str]]], layout: Layout) -> TextBatch:
    width = len(layout.header.names)
    fitting = [(number, cells) for number, cells in numbered if len(cells) == width]
    cells = pl.DataFrame(
        [row for _, row in fitting], schema={f"c{place}": pl.String for place in range(width)}, orient="row"
    )
    rows = _name_cells(cells, layout, pl.Series([number for number, _ in fitting], dtype=pl.Int64))
    misfits = [_misfit(number, row, layout) for number, row in numbered if len(row) != width]
    return TextBatch(rows, pl.concat([no_misfits(), *misfits]))


def _misfit(number: int, cells: list[str], layout: Layout) -> pl.DataFrame:
    names = [*layout.header.names, *(f"cell {place}" for place in range(len(layout.header.names) + 1, len(cells) + 1))]
    reason = f"{EVERY_CELL}: {RULES[EVERY_CELL]}, found {len(cells)} instead of {len(layout.header.names)}"
    row = json.dumps(dict(zip_longest(names, cells)), ensure_ascii=False)
    return pl.DataFrame(
        {ROW_NUMBER: [number], "reasons": [[reason]], "row": [row]}, schema_overrides={ROW_NUMBER: pl.Int64}
    )

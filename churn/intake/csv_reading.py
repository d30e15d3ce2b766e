"""Reads CSV as batches of text, one block of whole lines at a time.

Polars reads a clean block in one call. `doubtful_rows` reads any other block row by row.
"""

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO

import polars as pl

from churn.errors import ContractBroken
from churn.intake.batches import Opened, TextBatch, no_misfits
from churn.intake.doubtful_rows import MAX_LINE_BYTES, name_cells, quote_refused, read_row_by_row
from churn.intake.extract_form import ExtractForm
from churn.intake.headers import EveryColumn, Header, count_known, understand_names
from churn.intake.kinds import refuse_other_kinds

BLOCK_BYTES = 4 * 1024 * 1024
MAX_COLUMNS = 5_000
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = (",", ";", "\t", "|")
_OTHER_SEPARATORS = {"^": "carets (^)", ":": "colons"}


@dataclass(frozen=True)
class Layout:
    """How one file writes its lines: separator, header, encoding."""

    file_name: str
    separator: str
    header: Header
    encoding: str


@dataclass(frozen=True)
class _Block:
    """Some whole lines of a file, and the line number of the first."""

    first_line: int
    text: bytes


def open_csv(stream: IO[bytes], name: str, extract_form: ExtractForm | EveryColumn, max_bytes: int) -> Opened:
    """Reads the header line; the batches are read later, when the caller asks for them.

    Raises:
        ContractBroken: line 1 is not a header that this reader understands.
    """
    # One byte more than a line may have: readline() then returns at most that much of a file without line breaks,
    # and _check_line sees that the line is too long.
    first = stream.readline(MAX_LINE_BYTES + 1)
    _check_line(first, name, 1)
    encoding = "utf-8" if first.startswith(_BOM) else extract_form.encoding
    text = _decode(first.removeprefix(_BOM), name, 1, encoding).rstrip("\r\n")
    refuse_other_kinds(text[:8].encode(), name)
    if not text.strip():
        raise ContractBroken(f"{name} line 1 is empty.", "export the file again with the column names in line 1.")
    separator = _find_separator(text, name, extract_form)
    names = _split(text, separator)
    if len(names) > MAX_COLUMNS:
        raise ContractBroken(
            f"{name} has {len(names):,} columns; at most {MAX_COLUMNS:,} are read.",
            "export the file again with fewer columns.",
        )
    layout = Layout(name, separator, understand_names(name, names, extract_form), encoding)
    return Opened(layout.header, _read_batches(stream, layout, max_bytes))


def _find_separator(header: str, name: str, extract_form: ExtractForm | EveryColumn) -> str:
    """Returns the separator that splits the header line into the largest number of known column names."""
    if "\r" in header:
        raise ContractBroken(f"{name} ends its lines with CR only.", "export the file again with LF or CRLF line ends.")
    known = {separator: count_known(_split(header, separator), extract_form) for separator in _SEPARATORS}
    best = max(known, key=lambda separator: known[separator])
    for other, word in _OTHER_SEPARATORS.items():
        if count_known(_split(header, other), extract_form) > max(known[best], 1):
            raise ContractBroken(
                f"{name} separates its columns with {word}.",
                "export the file again with commas, semicolons or tabs between the columns.",
            )
    if not known[best]:
        raise ContractBroken(
            # Without its text: a file without a header has a customer in line 1, and this message is kept and sent.
            f"{name} line 1 has none of the column names of an extract.",
            "export the file again with the column names in line 1, separated by commas, semicolons or tabs.",
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
                f"{layout.file_name} is larger than {max_bytes:,} bytes, the largest size allowed.",
                "check the file, or raise CHURN_MAX_EXTRACT_MEGABYTES.",
            )
        # A block of bytes ends in the middle of a line. The cut-off part waits in `rest` for the next block.
        lines, rest = _cut_after_last_line(rest + block)
        if len(rest) > MAX_LINE_BYTES:
            # Without this check a file without line breaks would collect in memory as a whole.
            _check_line(rest, layout.file_name, next_line + lines.count(b"\n"))
        if lines:
            open_row = yield from _read_block(_Block(next_line, lines), layout, is_last=False)
            # A row whose quotes are still open goes back to `rest`, so its lines are counted with the next block.
            next_line += lines.count(b"\n") - open_row.count(b"\n")
            rest = open_row + rest
    if rest:
        yield from _read_block(_Block(next_line, rest), layout, is_last=True)


def _cut_after_last_line(block: bytes) -> tuple[bytes, bytes]:
    end = block.rfind(b"\n") + 1
    # Cut at a line feed: it is one byte in every encoding that is read, so that no character is cut in two.
    return block[:end], block[end:]


def _check_line(line: bytes, name: str, line_number: int) -> None:
    if b"\0" in line:
        raise ContractBroken(
            f"{name} line {line_number} has NUL bytes, so the file is not text.", "export the file again as UTF-8 CSV."
        )
    if len(line) > MAX_LINE_BYTES:
        raise ContractBroken(
            f"{name} line {line_number} is longer than {MAX_LINE_BYTES:,} bytes.",
            "check that the file is CSV with one customer a line.",
        )


def _decode(line: bytes, name: str, line_number: int, encoding: str) -> str:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise ContractBroken(
            f"{name} line {line_number} is not UTF-8 (byte 0x{line[error.start]:02x}); it looks like Latin-1.",
            'export the file again as UTF-8, or write encoding = "latin-1" in a declaration (`churn init`).',
        ) from error


def _read_block(block: _Block, layout: Layout, is_last: bool) -> Generator[TextBatch, None, bytes]:
    """Yields the rows of a block; returns the bytes of a row that continues in the next block."""
    text = _as_utf8(block, layout)
    rows = _read_at_once(_Block(block.first_line, text), layout)
    if rows is not None:
        yield TextBatch(rows, no_misfits())
        return b""
    fault = yield from read_row_by_row(text.decode(), block.first_line, layout.separator, layout.header)
    if fault is None:
        return b""
    # An open quote at the end of a block goes on in the next block. Any other quote, or an open quote at the end of the
    # file, is a fault of the file.
    open_row = _after_lines(block.text, fault.done)
    if is_last or not fault.is_open or len(open_row) > MAX_LINE_BYTES:
        raise quote_refused(layout.file_name, block.first_line + fault.done)
    return open_row


def _after_lines(text: bytes, lines: int) -> bytes:
    start = 0
    for _ in range(lines):
        start = text.index(b"\n", start) + 1
    return text[start:]


def _as_utf8(block: _Block, layout: Layout) -> bytes:
    """Returns the block in UTF-8. Refuses NUL bytes, and bytes that are not in the encoding of the file."""
    if b"\0" in block.text:
        line_number = block.first_line + block.text.count(b"\n", 0, block.text.index(b"\0"))
        _check_line(b"\0", layout.file_name, line_number)
    # ASCII is the same bytes in every encoding that a declaration may name: nothing to convert.
    if block.text.isascii():
        return block.text
    try:
        return block.text.decode(layout.encoding).encode()
    except UnicodeDecodeError as error:
        # Decoding the one bad line again raises the error that names its line number.
        before = block.text.count(b"\n", 0, error.start)
        _decode(block.text.split(b"\n")[before], layout.file_name, block.first_line + before, layout.encoding)
        raise


def _read_at_once(block: _Block, layout: Layout) -> pl.DataFrame | None:
    """Reads a clean block with Polars; returns None when the block is doubtful and must be read row by row."""
    width = len(layout.header.names)
    separators = block.text.count(layout.separator.encode())
    line_count = block.text.count(b"\n") + (not block.text.endswith(b"\n"))
    # Too few separators: short rows, blank lines or line breaks inside quotes. Polars would fill each short line with
    # cells, and megabytes of short lines become gigabytes. An odd number of quotes: a quoted cell goes on in the next
    # block.
    if separators < line_count * (width - 1) or block.text.count(b'"') % 2:
        return None
    try:
        cells = pl.read_csv(
            block.text,
            has_header=False,
            schema={f"c{place}": pl.String for place in range(width)},
            separator=layout.separator,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, OSError):
        # OSError: Polars 2.1 takes a block that begins with "x^" for zlib, and then calls it a corrupt stream.
        return None
    # Polars drops blank lines and joins lines inside quotes. Line numbers are right only if rows and lines are equally
    # many. Polars 2.1 raises on a row with too many cells, but fills missing cells of a short row without an error:
    # separators inside quotes could hide such a row, and it has an empty last cell.
    has_quotes = b'"' in block.text
    is_full_width = (cells.to_series(-1) != "").all() if has_quotes else separators == line_count * (width - 1)
    if cells.height != line_count or not is_full_width:
        return None
    numbers = pl.int_range(block.first_line, block.first_line + line_count, eager=True)
    return name_cells(cells, layout.header, numbers)

"""Decodes a Parquet file in a process of its own, whose memory is limited.

A few kilobytes of Parquet can unpack to any size, and a damaged file can end the process in C++. Both then end this
process only. It prints the names and the number of rows as one line of JSON, reads the names of the wanted columns as
another, and writes these columns as an Arrow stream. A refusal is a line on standard error and exit code 3, or 4 for a
column of a type that cannot be read.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churn.intake.decoding_child import REFUSED, Refused, limit_memory

MAX_CELL_BYTES = 20_000
MAX_COLUMNS = 5_000
BATCH_ROWS = 30_000
BATCH_BYTES = 32_000_000
ODD_COLUMN = 4

_DELTA = {"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"}
"""Encodings of text that pyarrow 25 cannot decode into a dictionary."""


class OddColumn(Exception):
    """A column holds neither text nor numbers."""


def main(path: str, max_bytes: int) -> None:
    """Writes the wanted columns of a Parquet file to standard output."""
    limit_memory()
    # The system's allocator takes memory as it needs it: others reserve a gigabyte at once.
    pa.set_memory_pool(pa.system_memory_pool())
    # Text stays in dictionaries until its size is known: one long word may stand for millions of cells.
    file = pq.ParquetFile(path, read_dictionary=_name_texts(path))
    _send({"names": list(file.schema_arrow.names), "rows": file.metadata.num_rows})
    columns = json.loads(sys.stdin.readline())
    schema = pa.schema([(name, _kind_sent(name, file.schema_arrow.field(name).type)) for name in columns])
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:
        for batch in _decode(file, columns, schema, max_bytes):
            stream.write_batch(batch)


def _send(message: Any) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _name_texts(path: str) -> list[str]:
    """Returns the columns of text that can stay in dictionaries."""
    with pq.ParquetFile(path) as file:
        schema, meta = file.schema_arrow, file.metadata
    if len(schema) > MAX_COLUMNS:
        raise Refused(f"it has {len(schema):,} columns, and at most {MAX_COLUMNS:,} are read")
    groups = [meta.row_group(number) for number in range(meta.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(meta.num_columns)]
    delta = {chunk.path_in_schema for chunk in chunks if not _DELTA.isdisjoint(chunk.encodings)}
    is_text = {field.name: pa.types.is_string(field.type) or pa.types.is_large_string(field.type) for field in schema}
    return [name for name, is_one in is_text.items() if is_one and name not in delta]


def _kind_sent(name: str, kind: Any) -> Any:
    """Returns the Arrow type in which a column is sent: numbers unchanged, anything else as text."""
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind) or types.is_boolean(kind):
        return kind
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    if is_text or types.is_decimal(kind) or types.is_temporal(kind) or types.is_null(kind):
        return pa.large_string()
    if types.is_float16(kind):
        return pa.float32()
    raise OddColumn(f"the column {name}, which holds neither text nor numbers ({kind})")


def _decode(file: Any, columns: list[str], schema: Any, max_bytes: int) -> Iterator[Any]:
    unpacked, first = 0, 1
    for batch in file.iter_batches(_batch_rows(file), columns=columns, use_threads=False):
        sizes = [_count_bytes(batch.column(name), name, first) for name in columns]
        unpacked += sum(sizes)
        if unpacked > max_bytes:
            raise Refused(f"it unpacks to more than {max_bytes:,} bytes, the largest size allowed")
        # Slices of a dictionary share it: the long text exists once per slice, and never once per row of the batch.
        rows = max(1, batch.num_rows * BATCH_BYTES // max(sum(sizes), BATCH_BYTES))
        for start in range(0, batch.num_rows, rows):
            piece = batch.slice(start, rows)
            sent = [pc.cast(piece.column(field.name), field.type) for field in schema]
            whole = pa.record_batch(sent, schema=schema)
            whole.validate(full=True)  # Text that is not UTF-8 would end the reader of the stream.
            yield whole
        first += batch.num_rows


def _batch_rows(file: Any) -> int:
    meta = file.metadata
    unpacked = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    return max(1, min(BATCH_ROWS, meta.num_rows * BATCH_BYTES // max(unpacked, 1) or 1))


def _count_bytes(cells: Any, name: str, first: int) -> int:
    """Returns the bytes of a column when every cell is text, and refuses a cell that is far too long."""
    types = pa.types
    kind = cells.type.value_type if types.is_dictionary(cells.type) else cells.type
    if not (types.is_string(kind) or types.is_large_string(kind)):
        return 2 * len(cells)
    if types.is_dictionary(cells.type):
        lengths = pc.take(pc.binary_length(cells.dictionary), cells.indices)
    else:
        lengths = pc.binary_length(cells)
    longest = pc.max(lengths).as_py() or 0
    if longest > MAX_CELL_BYTES:
        row = first + pc.index(lengths, longest).as_py()
        raise Refused(f"row {row} has {longest:,} bytes in {name}, and a cell may have {MAX_CELL_BYTES:,}")
    return int(pc.sum(lengths).as_py() or 0) + 2 * len(cells)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except MemoryError:  # ArrowMemoryError is one.
        sys.exit("it unpacks to more memory than a Parquet file may take")
    except OddColumn as error:
        sys.stderr.write(str(error))
        sys.exit(ODD_COLUMN)
    except (Refused, pa.ArrowException, OSError, ValueError) as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)

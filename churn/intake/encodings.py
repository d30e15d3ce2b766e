"""Which encoding a file of text is probably in. Only `churn init` guesses, and a person reviews its guess."""

import codecs
import gzip
import zlib
from pathlib import Path
from typing import IO

_GZIP = b"\x1f\x8b"
_BINARY = (b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")
_CHUNK = 1024 * 1024
_MOST_BYTES = 256 * _CHUNK
_CONTROLS = frozenset(range(0x80, 0xA0))
"""Bytes that are control characters in Latin-1, and letters and signs such as the euro in Windows' cp1252."""
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")


def find_encoding(path: Path) -> str:
    """Returns utf-8 if the file decodes as such (the first 256 MB), else cp1252 or latin-1 by its bytes."""
    with path.open("rb") as stream:
        start = stream.read(4)
        stream.seek(0)
        if start.startswith(_BINARY):
            return "utf-8"
        if not start.startswith(_GZIP):
            return _judge(stream)
        with gzip.open(stream) as unpacked:
            try:
                return _judge(unpacked)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return "utf-8"  # The reader names a damaged file.


def _judge(text: IO[bytes] | gzip.GzipFile) -> str:
    decoder, is_utf8, seen, read = codecs.getincrementaldecoder("utf-8")(), True, set[int](), 0
    while read < _MOST_BYTES and (chunk := text.read(_CHUNK)):
        read += len(chunk)
        is_utf8 = is_utf8 and _decodes(decoder, chunk)
        seen |= _CONTROLS.intersection(chunk)
    if is_utf8:
        return "utf-8"
    return "cp1252" if seen and not seen & _UNDEFINED else "latin-1"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True

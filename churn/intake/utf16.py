"""Text in UTF-16, as Excel exports it, turned into UTF-8 while it is read."""

import codecs
import io
from typing import IO, Any

from churn.errors import ContractBroken

BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK = 1024 * 1024


def as_utf8(stream: IO[bytes], name: str) -> IO[bytes]:
    """Returns a stream of UTF-8, with a byte order mark so that no declared encoding is applied to it.

    Args:
        stream: UTF-16 with a byte order mark.
        name: the name that messages give the file.
    """
    return io.BufferedReader(_Recoder(stream, name))


class _Recoder(io.RawIOBase):
    """The bytes of a UTF-16 stream in UTF-8. A class, because BufferedReader asks one for the next bytes."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._ready = codecs.BOM_UTF8

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer and returns the number of bytes; 0 at the end."""
        while not self._ready:
            chunk = self._stream.read(_CHUNK)
            self._ready = self._decode(chunk).encode()
            if not chunk:
                break
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _decode(self, chunk: bytes) -> str:
        try:
            return self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise ContractBroken(
                f"{self._name} is UTF-16 text that is cut off or damaged.", "export the file again as UTF-8 CSV."
            ) from error

"""Decodes a file in a child process: a few kilobytes can unpack to any size, and damage can end a process in C++."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Decoder:
    """A running child. It reads `orders` and writes what it decodes to `output`, and why it refuses to `messages`."""

    process: subprocess.Popen[bytes]
    orders: IO[bytes]
    output: IO[bytes]
    messages: IO[bytes]

    def has_failed(self) -> bool:
        """Waits for the end of the child. A child that died leaves an output that only looks complete."""
        return self.process.wait() != 0

    def explain_end(self) -> tuple[int, str]:
        """Waits for the end of the child and returns its exit code and its message; an empty text if it left none."""
        code = self.process.wait()
        self.messages.seek(0)
        return code, self.messages.read(2_000).decode(errors="replace").strip()


@contextmanager
def start_decoder(module: str, path: Path, max_bytes: int) -> Iterator[Decoder]:
    """Starts a child that decodes a file, and ends it with the block.

    Args:
        module: the module that the child runs.
        path: the file.
        max_bytes: the bytes that it may unpack to.
    """
    command = [sys.executable, "-P", "-m", module, str(path.absolute()), str(max_bytes)]
    # A file for the messages: a pipe that nobody reads until the end could fill up and stop the child.
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages) as child,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield Decoder(child, child.stdin, child.stdout, messages)
        finally:
            # Before Popen waits for it: a caller that stops reading early leaves a child that writes for ever.
            child.kill()

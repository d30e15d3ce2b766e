"""Reads the first sheet of an .xlsx workbook. `workbook_child` turns it into CSV, which `csv_reading` reads."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from churn.errors import ContractBroken
from churn.intake import csv_reading
from churn.intake.batches import Opened, TextBatch
from churn.intake.headers import EveryColumn
from churn.intake.mapping import Mapping

_REFUSED = 3
_Child = subprocess.Popen[bytes]


@contextmanager
def open_workbook(path: Path, name: str, mapping: Mapping | EveryColumn, max_bytes: int) -> Iterator[Opened]:
    """Reads the column names in row 1; the rows are read later, when the caller asks for them.

    Raises:
        ContractBroken: the file is damaged or no workbook, unpacks to more than `max_bytes`, or lacks a column.
    """
    command = [sys.executable, "-P", "-m", "churn.intake.workbook_child", str(path.absolute()), str(max_bytes)]
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages) as child,
    ):
        assert child.stdout is not None
        try:
            if not child.stdout.peek(1):  # type: ignore[attr-defined]
                raise _refusal(name, child, messages)
            opened = csv_reading.open_csv(child.stdout, name, mapping, max_bytes)
            yield replace(opened, batches=_read_to_the_end(opened.batches, name, child, messages))
        finally:
            child.kill()


def _read_to_the_end(
    batches: Iterator[TextBatch], name: str, child: _Child, messages: IO[bytes]
) -> Iterator[TextBatch]:
    yield from batches
    # A child that died leaves a text that only looks complete.
    if child.wait() != 0:
        raise _refusal(name, child, messages)


def _refusal(name: str, child: _Child, messages: IO[bytes]) -> ContractBroken:
    """Returns why the child ended before the last row."""
    code = child.wait()
    messages.seek(0)
    said = messages.read(2_000).decode(errors="replace").strip()
    reason = said.splitlines()[0] if code == _REFUSED and said else "it unpacks to more memory than a workbook may take"
    return ContractBroken(
        f"{name} cannot be read as an Excel workbook: {reason.rstrip('.')}.", "export the customers as UTF-8 CSV."
    )

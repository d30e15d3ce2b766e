"""Reads the first sheet of an .xlsx workbook. `workbook_child` turns it into CSV, which `csv_reading` reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from churn.errors import ContractBroken
from churn.intake import csv_reading
from churn.intake.batches import Opened, TextBatch
from churn.intake.decoding import Decoder, start_decoder
from churn.intake.decoding_child import REFUSED
from churn.intake.extract_form import ExtractForm
from churn.intake.headers import EveryColumn


@contextmanager
def open_workbook(path: Path, name: str, extract_form: ExtractForm | EveryColumn, max_bytes: int) -> Iterator[Opened]:
    """Reads the column names in row 1; the rows are read later, when the caller asks for them.

    Raises:
        ContractBroken: the file is damaged or no workbook, unpacks to more than `max_bytes`, or lacks a column.
    """
    with start_decoder("churn.intake.workbook_child", path, max_bytes) as child:
        # A child that refuses the file writes no byte. Read as CSV, that would be the error of an empty file.
        if not child.output.peek(1):  # type: ignore[attr-defined]
            raise _refusal(name, child)
        opened = csv_reading.open_csv(child.output, name, extract_form, max_bytes)
        yield replace(opened, batches=_read_to_the_end(opened.batches, name, child))


def _read_to_the_end(batches: Iterator[TextBatch], name: str, child: Decoder) -> Iterator[TextBatch]:
    yield from batches
    if child.has_failed():
        raise _refusal(name, child)


def _refusal(name: str, child: Decoder) -> ContractBroken:
    """Returns why the child ended before the last row."""
    code, said = child.explain_end()
    reason = said.splitlines()[0] if code == REFUSED and said else "it unpacks to more memory than a workbook may take"
    return ContractBroken(
        f"{name} cannot be read as an Excel workbook: {reason.rstrip('.')}.", "export the customers as UTF-8 CSV."
    )

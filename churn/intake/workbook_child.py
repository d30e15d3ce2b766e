"""Writes the first sheet of an .xlsx workbook as CSV to standard output, in a process whose memory is limited.

A workbook is a zip archive: a few kilobytes of it can unpack to any size, and a sheet with one cell in its last corner
has 17 billion cells. A refusal is a line on standard error and exit code 3.
"""

import csv
import sys
import zipfile
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from churn.intake.decoding_child import REFUSED, Refused, limit_memory

_WORKBOOK = "xl/workbook.xml"
_WHOLE = 2**53


def main(path: str, max_bytes: int) -> None:
    """Writes the cells of the first sheet, each as the text that a CSV would have."""
    limit_memory()
    _check_archive(path, max_bytes)
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    if sheet.start is None:
        raise Refused(f"its first sheet, {sheet.name}, is empty")
    if sheet.start[0]:
        top = sheet.start[0] + 1
        raise Refused(f"its first sheet, {sheet.name}, is empty above row {top}; delete the rows above the names")
    # With a byte order mark the reader takes the text as UTF-8, whatever the declaration says of other files.
    sys.stdout.reconfigure(encoding="utf-8-sig", newline="")  # type: ignore[union-attr]
    csv.writer(sys.stdout, lineterminator="\n").writerows(map(_as_text, row) for row in sheet.iter_rows())


def _check_archive(path: str, max_bytes: int) -> None:
    with zipfile.ZipFile(path) as archive:
        if _WORKBOOK not in archive.namelist():
            raise Refused("it is a zip archive and no .xlsx workbook")
        if sum(part.file_size for part in archive.infolist()) > max_bytes:
            raise Refused(f"it unpacks to more than {max_bytes:,} bytes, the largest size allowed")


def _as_text(cell: Any) -> str:
    """Returns a cell as text. Excel keeps every number as a float: 1001.0 is 1001."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # Beyond 2**53 a float64 has not every whole number: int would write digits that no cell had.
        return str(int(cell)) if cell.is_integer() and abs(cell) < _WHOLE else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    # A line break in a cell would make the line numbers of the rows below wrong.
    return " ".join(str(cell).splitlines())


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
        sys.stdout.flush()
    except MemoryError:
        sys.exit("it unpacks to more memory than a workbook may take")
    except BrokenPipeError:  # The reader has refused the file, and told so.
        sys.exit(0)
    except (Refused, CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)

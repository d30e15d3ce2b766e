"""A source file as frames of text: opened, its header understood, nothing interpreted yet.

Every cell is read as text, so that what is not a number can be shown as it stands. Refuses files that are not an
extract at all; single bad rows are `screening`'s matter.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from churn.contracts import EXTRACT_COLUMNS, PUBLIC_NAMES
from churn.errors import ContractBroken, WrongUsage

ROW_NUMBER = "row_number"
BATCH_ROWS = 100_000


def check_source(path: Path) -> Path:
    """Returns the path if it is a readable file.

    Raises:
        WrongUsage: there is no such file.
    """
    if not path.is_file():
        raise WrongUsage(f"There is no file {path}.", "give --source the path of a customer extract (CSV).")
    return path


def fingerprint_file(path: Path) -> str:
    """Returns the SHA-256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_text_batches(path: Path) -> Iterator[pl.DataFrame]:
    """Yields the file's rows as text, with our column names and the row's line number (the header is line 1).

    Raises:
        ContractBroken: the file is empty, not a UTF-8 CSV, or a column is missing or there twice.
    """
    columns = understand_header(path)
    try:
        rows = pl.scan_csv(path, infer_schema=False, encoding="utf8", row_index_name=ROW_NUMBER, row_index_offset=2)
        chosen = rows.select(ROW_NUMBER, *(pl.col(name).alias(ours) for name, ours in columns.items()))
        yield from chosen.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)
    except pl.exceptions.PolarsError as error:
        raise ContractBroken(
            f"{path.name} is not a CSV that can be read: {str(error).strip().splitlines()[0]}",
            "export it again as UTF-8 CSV with one header line.",
        ) from error


def understand_header(path: Path) -> dict[str, str]:
    """Returns the file's own column names mapped to ours; extra columns are left out.

    Raises:
        ContractBroken: no header, or a column of the contract is missing or there twice.
    """
    with path.open("rb") as stream:
        first_line = stream.readline(1_000_000)
    if not first_line.strip():
        raise ContractBroken(f"{path.name} is empty.", "ask the source for the file again.")
    try:
        names = [name.strip().strip('"') for name in first_line.decode("utf-8-sig").rstrip("\r\n").split(",")]
    except UnicodeDecodeError as error:
        raise ContractBroken(f"{path.name} is not UTF-8 text.", "export it again as UTF-8 CSV.") from error
    ours = {name: PUBLIC_NAMES.get(name, name) for name in names}
    _check_names(path.name, names, list(ours.values()))
    return {name: column for name, column in ours.items() if column in EXTRACT_COLUMNS}


def _check_names(file_name: str, names: list[str], ours: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1} | {n for n in ours if ours.count(n) > 1})
    if twice:
        raise ContractBroken(f"{file_name} has the column {twice[0]} twice.", "export it with each column once.")
    public = {column: name for name, column in PUBLIC_NAMES.items()}
    missing = [public[column] for column in EXTRACT_COLUMNS if column not in ours]
    if missing:
        raise ContractBroken(
            f"{file_name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
            "export it with all 21 columns listed in data/README.md, by their public or snake_case names.",
        )

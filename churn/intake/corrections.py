"""Corrected rows: a file that `churn rejects --csv` wrote, a person corrected, and that comes back.

Its rows are added to the snapshot of the load that set them aside; a file without these columns replaces its date.
"""

import polars as pl

from churn.errors import ContractBroken

LOAD_COLUMN = "churn_load_id"
ROW_COLUMN = "churn_row_number"
REASONS_COLUMN = "churn_reasons"
COLUMNS = (LOAD_COLUMN, ROW_COLUMN, REASONS_COLUMN)


def check_corrects(file_name: str, load_ids: pl.Series, current_load_id: int | None) -> None:
    """Refuses corrected rows that do not belong to the load whose snapshot the date holds.

    Args:
        file_name: what messages call the file.
        load_ids: the load each row was set aside by, as text.
        current_load_id: the load whose rows the date holds; None when it holds none.

    Raises:
        ContractBroken: they belong to another load, which was replaced meanwhile or is of another date.
    """
    others = load_ids.filter(load_ids != str(current_load_id))
    if len(others):
        holds = "holds none" if current_load_id is None else f"holds load {current_load_id}"
        raise ContractBroken(
            f"{file_name} corrects rows of load {others[0]}, but the date {holds}.",
            "give --as-of the date of that load, or write the rows again: churn rejects --csv OUT .",
        )


def check_all_came_back(file_name: str, rows: int, rejected: int) -> None:
    """Refuses a part of the rows that were set aside: the others would be in no snapshot and in no count.

    Args:
        file_name: what messages call the file.
        rows: rows of the file.
        rejected: rows the load set aside.

    Raises:
        ContractBroken: there are fewer, or more.
    """
    if rows != rejected:
        raise ContractBroken(
            f"Set aside were {rejected:,} rows; {file_name} gives back {rows:,}.",
            "give back all of them and no others: a row that cannot be corrected yet is set aside again.",
        )

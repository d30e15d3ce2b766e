"""Corrected rows: `churn rejects --csv` writes the rejected rows to a file, a person corrects it, and loads it again.

The corrected rows are added to the snapshot of the load that rejected them. A file without these columns replaces the
snapshot of its date instead.
"""

import polars as pl

from churn.errors import ContractBroken

LOAD_COLUMN = "churn_load_id"
ROW_COLUMN = "churn_row_number"
REASONS_COLUMN = "churn_reasons"
COLUMNS = (LOAD_COLUMN, ROW_COLUMN, REASONS_COLUMN)


def check_corrects(file_name: str, load_ids: pl.Series, current_load_id: int | None) -> None:
    """Refuses corrected rows that belong to another load than the current load of the date.

    Args:
        file_name: the name that messages give the file.
        load_ids: for each row, the load that rejected it, as text.
        current_load_id: the load whose rows the date holds now; None when the date holds no load.

    Raises:
        ContractBroken: a row belongs to another load. That load was replaced meanwhile, or it is of another date.
    """
    others = load_ids.filter(load_ids != str(current_load_id))
    if len(others):
        holds = "has no load" if current_load_id is None else f"holds load {current_load_id}"
        raise ContractBroken(
            f"{file_name} corrects rows of load {others[0]}, but the date {holds}.",
            "give --as-of the date of that load, or write the rejected rows again with `churn rejects --csv OUT`.",
        )


def check_all_came_back(file_name: str, rows: int, rejected: int) -> None:
    """Refuses a file that does not return every rejected row: a missing row would be in no snapshot and in no count.

    Args:
        file_name: the name that messages give the file.
        rows: the number of rows in the file.
        rejected: the number of rows that the load rejected.

    Raises:
        ContractBroken: the file has fewer or more rows than the load rejected.
    """
    if rows != rejected:
        raise ContractBroken(
            f"{file_name} has {rows:,} row{'' if rows == 1 else 's'}, but the load rejected {rejected:,}.",
            f"return all {rejected:,} and no others; a row that you cannot correct yet is rejected again.",
        )

"""Reads the ledger of loads, and the rows that they rejected."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from churn.contracts.extract import PUBLIC_NAMES
from churn.contracts.formulas import defuse
from churn.errors import NotThere
from churn.intake.corrections import LOAD_COLUMN, REASONS_COLUMN, ROW_COLUMN
from churn.stores.ledgers import loads
from churn.stores.ledgers.loads import Load, RejectedRow
from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class Rejects:
    """The rows that a load rejected, in file order."""

    load: Load
    rows: list[RejectedRow]


def read_loads(workplace: Workplace, limit: int) -> list[Load]:
    """Returns the latest loads, the newest first."""
    return loads.find_loads(workplace.engine, limit)


def read_rejects(workplace: Workplace, load_id: int | None) -> Rejects:
    """Returns the rows that a load rejected (default: the latest current load with rejected rows).

    Raises:
        NotThere: there is no such load, or no current load has rejected rows.
    """
    if load_id is None:
        load = loads.find_last_load_with_rejects(workplace.engine)
        if load is None:
            raise NotThere("No current load has rejected rows.", "run `churn loads` to see every load.")
    else:
        load = loads.find_load(workplace.engine, load_id)
        if load is None:
            raise NotThere(f"There is no load {load_id}.", "run `churn loads` to see every load.")
    return Rejects(load, loads.read_rejected_rows(workplace.engine, load.load_id))


def write_rejects(rejects: Rejects, path: Path) -> Path:
    """Writes rejected rows as a CSV file that a person can correct and load again.

    The columns are those of the extract, unchanged. Three columns come before them: the load, the row number and the
    reasons. From the load column the loader sees that it must add the corrected rows to the snapshot of that load. The
    file is UTF-8 with a byte order mark: spreadsheets need it, and it overrides the encoding that a declaration gives.
    A cell that a spreadsheet would run as a formula gets an apostrophe in front, which the loader takes away again.
    """
    own = _own_names(rejects.rows)
    rows = [
        {
            LOAD_COLUMN: str(rejects.load.load_id),
            ROW_COLUMN: str(row.row_number),
            REASONS_COLUMN: "; ".join(row.reasons),
            **{name: row.row.get(name) for name in own},
        }
        for row in rejects.rows
    ]
    # Without a schema, Polars takes the types from the first rows: a column that is blank there would not be text.
    schema = dict.fromkeys([LOAD_COLUMN, ROW_COLUMN, REASONS_COLUMN, *own], pl.String)
    defuse(pl.DataFrame(rows, schema=schema)).write_csv(path, include_bom=True)
    return path


def _own_names(rows: list[RejectedRow]) -> list[str]:
    """Returns the column names of the extract; the public names if there are no rows."""
    names = dict.fromkeys(name for row in rows for name in row.row)
    return list(names) or list(PUBLIC_NAMES)

"""Looking at what was taken in: the ledger of loads, and the rows they set aside."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from churn.contracts.extract import PUBLIC_NAMES
from churn.errors import NotThere
from churn.intake.corrections import LOAD_COLUMN, REASONS_COLUMN, ROW_COLUMN
from churn.settings import Settings
from churn.stores.ledgers import loads
from churn.stores.ledgers.loads import Load, RejectedRow
from churn.stores.postgres.database import open_engine


@dataclass(frozen=True)
class Rejects:
    """The rows a load set aside, in file order."""

    load: Load
    rows: list[RejectedRow]


def read_loads(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Returns the latest lines of the ledger, newest first, dates and times as ISO text."""
    return [
        {
            name: value.isoformat() if isinstance(value, date | datetime) else value
            for name, value in asdict(load).items()
        }
        for load in loads.find_loads(open_engine(settings), limit)
    ]


def read_rejects(settings: Settings, load_id: int | None) -> Rejects:
    """Returns the rows a load set aside; without a number, those of the last load that did and still stands.

    Raises:
        NotThere: no such load, or no load set rows aside.
    """
    engine = open_engine(settings)
    if load_id is None:
        load = loads.find_last_load_with_rejects(engine)
        if load is None:
            raise NotThere("No load that stands has set rows aside.", "`churn loads` shows every load.")
    else:
        load = loads.find_load(engine, load_id)
        if load is None:
            raise NotThere(f"There is no load {load_id}.", "`churn loads` shows every load.")
    return Rejects(load, loads.read_rejected_rows(engine, load.load_id))


def write_rejects(rejects: Rejects, path: Path) -> Path:
    """Writes rows set aside as a CSV that can be corrected and loaded again.

    The columns are the file's own, as they arrived; before them stand the load, the row's line and its reasons, by
    which the loader knows that the corrected rows are to be added to that load's snapshot. UTF-8 with a byte order
    mark, which spreadsheets need and which goes before what a mapping says of the encoding.
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
    schema = dict.fromkeys([LOAD_COLUMN, ROW_COLUMN, REASONS_COLUMN, *own], pl.String)
    pl.DataFrame(rows, schema=schema).write_csv(path, include_bom=True)
    return path


def _own_names(rows: list[RejectedRow]) -> list[str]:
    """The file's own column names; the public ones when there are no rows."""
    names = dict.fromkeys(name for row in rows for name in row.row)
    return list(names) or list(PUBLIC_NAMES)

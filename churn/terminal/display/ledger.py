"""The loads, and the rows they rejected."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from churn.reporting.ledger import Rejects
from churn.stages import counted
from churn.stores.ledgers.loads import Load
from churn.terminal.display.layout import indented, moment, open_console

_COLOURS = {"loaded": "green", "superseded": "dim", "started": "cyan"}
_MOST_ROWS = 20


def show_loads(loads: Sequence[Load], console: Console | None = None) -> None:
    """Prints the loads, newest first; under each its file, why it was refused or replaced, and notes."""
    console = console or open_console()
    if not loads:
        console.print("No file was loaded yet. Run `churn run --source FILE`.")
    for load in loads:
        _show_load(load, console)


def _show_load(load: Load, console: Console) -> None:
    parts = [
        f"[bold]{load.load_id:>4}[/bold]  {load.snapshot_date} "
        f"[{_COLOURS.get(load.status, 'red')}]{load.status:<11}[/]",
        f"{counted(load.rows_accepted, 'row')}, {load.rows_rejected:,} rejected, {moment(load.started_at)}",
    ]
    heading = " ".join(parts)
    if Text.from_markup(heading).cell_len <= console.width:
        console.print(heading)
    else:
        console.print(parts[0])
        console.print(indented(parts[1], 6))
    for line in filter(None, [load.source, load.reason, *load.notes]):
        console.print(indented(line, 6, "dim"))


def show_rejects(rejects: Rejects, console: Console | None = None) -> None:
    """Prints rejected rows, the first ones in full."""
    console = console or open_console()
    load = rejects.load
    console.print(
        f"Load {load.load_id} of {load.snapshot_date} rejected {counted(load.rows_rejected, 'row')} of {load.source}.",
        markup=False,
    )
    if load.status == "refused":
        console.print(f"The file was refused and its rows were not kept: {load.reason}", markup=False)
    for row in rejects.rows[:_MOST_ROWS]:
        customer = next(iter(row.row.values()), None) or "no customer id"
        console.print(indented(f"row {row.row_number}: {customer}", 2, "bold"))
        for reason in row.reasons:
            console.print(indented(reason, 6))
    if len(rejects.rows) > _MOST_ROWS:
        more = counted(len(rejects.rows) - _MOST_ROWS, "more row")
        console.print(f"  {more}: churn rejects --load {load.load_id} --csv FILE")

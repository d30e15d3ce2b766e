"""The ledger of files, and the rows they set aside."""

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text


def show_loads(loads: list[dict[str, Any]], console: Console | None = None) -> None:
    """Prints lines of the ledger, and under each what there is to say of it."""
    console = console or Console()
    if not loads:
        console.print("No file was taken in yet: run `churn run --source FILE`.")
    for load in loads:
        colour = {"loaded": "green", "superseded": "dim", "started": "cyan"}.get(load["status"], "red")
        console.print(
            f"[bold]{load['load_id']:>4}[/bold]  {load['snapshot_date']} [{colour}]{load['status']:<11}[/{colour}] "
            f"{load['rows_accepted']:>10,} rows {load['rows_rejected']:>6,} set aside {load['started_at'][:16]}",
            highlight=False,
        )
        for line in [load["source"], load["reason"], *load["notes"]]:
            if line:
                console.print(Padding(Text(line, style="dim"), (0, 0, 0, 6)))


def show_rejects(rejects: Any, console: Console | None = None, limit: int = 20) -> None:
    """Prints rows set aside, the first ones in full."""
    console = console or Console()
    load = rejects.load
    console.print(f"Load {load.load_id} of {load.snapshot_date} set {load.rows_rejected:,} rows aside: {load.source}")
    if load.status == "refused":
        console.print(f"The file was refused and its rows were not kept: {load.reason}")
    for row in rejects.rows[:limit]:
        customer = next(iter(row.row.values()), None) or "no customer id"
        console.print(Text(f"  row {row.row_number}: {customer[:64]}", style="bold"))
        for reason in row.reasons:
            console.print(Padding(Text(reason), (0, 0, 0, 6)))
    if len(rejects.rows) > limit:
        console.print(f"  and {len(rejects.rows) - limit:,} more: churn rejects --load {load.load_id} --csv OUT")

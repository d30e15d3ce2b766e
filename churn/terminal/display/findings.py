"""What the doctor found, what a change of the SQL models is, and what stages did."""

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


def show_findings(findings: list[Any], console: Console | None = None) -> None:
    """Prints the doctor's report, one line a subject."""
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        table.add_row("[green]ok[/green]" if finding.is_well else "[red]!![/red]", finding.subject, finding.told)
    (console or Console()).print(table)


def show_change(change: Any, console: Console | None = None) -> None:
    """Prints which SQL models changed, line by line, and what is made anew because of it."""
    console = console or Console()
    if not change.changed:
        console.print("The models in the database are those of the files.")
    for model, lines in change.changed.items():
        console.print(f"[bold]{model}[/bold]{'' if lines else ' is added or removed'}", highlight=False)
        for line in filter(str.strip, lines.splitlines()):
            colour = {"+": "green", "-": "red"}.get(line[:1], "dim")
            console.print(Padding(Text(line, style=colour), (0, 0, 0, 2)))
    if change.rebuilt:
        console.print(f"Made anew, over all stored days: {', '.join(change.rebuilt)}", highlight=False)


def show_outcomes(outcomes: list[Any], console: Console | None = None) -> None:
    """Prints what stages did, one line each."""
    for outcome in outcomes:
        (console or Console()).print(f"{outcome.summary[:1].upper()}{outcome.summary[1:]}.", highlight=False)

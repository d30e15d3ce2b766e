"""The declaration in force, and what another one would change."""

from rich.console import Console
from rich.markup import escape

from churn.contracts.declaration import DeclaredColumn
from churn.reporting.declared import DeclarationReport, DeclaredChange
from churn.stages import counted
from churn.terminal.display.layout import Column, indented, open_console, print_table

_COLUMNS = (
    Column("name"),
    Column("in the extract", drop=1),
    Column("type"),
    Column("use"),
    Column("known", drop=2),
    Column("segment", drop=3),
)


def show_declaration(report: DeclarationReport, console: Console | None = None) -> None:
    """Prints the declaration in force with its columns, and what another one would change."""
    console = console or open_console()
    now = report.in_force
    if now.path is None:
        console.print(indented("In force: the declaration of the public sample, with its 21 columns.", 0))
    else:
        reviewed = f"reviewed by {now.reviewed_by}" if now.reviewed_by else "reviewed by nobody"
        console.print(indented(f"In force: {now.path}, {reviewed}. Money is in {now.currency}.", 0))
    console.print(indented(f"Models get {counted(len(now.features), 'feature')}: {', '.join(now.features)}.", 2))
    if now.columns:
        print_table(console, "Columns of your own", _COLUMNS, [_cells(column) for column in now.columns])
    if report.change is not None:
        _show_change(console, report.change)


def _cells(column: DeclaredColumn) -> list[str]:
    known = "at snapshot" if column.is_known_at_snapshot else "after leaving"
    cells = [column.name, column.source, column.type, column.use, known, "yes" if column.is_segment else ""]
    return [escape(cell) for cell in cells]


def _show_change(console: Console, change: DeclaredChange) -> None:
    console.print(indented(f"With {change.path}:", 0))
    lists = {"added": change.added, "removed": change.removed, "changed": change.changed}
    for what, names in lists.items():
        if names:
            console.print(indented(f"{what}: {', '.join(names)}", 2))
    if change.retyped:
        retyped = ", ".join(change.retyped)
        advice = "Declare it under another name; the stored days keep what they have."
        console.print(indented(f"refused: another type for {retyped}. {advice}", 2))
    days = counted(change.rebuilt_days, "stored day")
    rebuilt = f"staging and features of {days}" if change.rebuilt_days else "nothing"
    console.print(indented(f"rebuilt: {rebuilt}", 2))

"""What `churn init` guessed about an extract."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from churn.intake.draft import ColumnGuess, Draft
from churn.stages import counted
from churn.terminal.display.layout import Column, indented, open_console, print_table

_COLUMNS = (
    Column("column"),
    Column("name"),
    Column("type"),
    Column("use"),
    Column("blank"),
    Column("distinct", drop=1),
    Column("ROC-AUC alone"),
    Column("why", drop=2, wraps=True),
)


def show_draft(draft: Draft, source: str, out: Path, console: Console | None = None) -> None:
    """Prints each guess with its reason, and the next step."""
    console = console or open_console()
    profile = draft.profile
    rows = counted(profile.rows, "row") if profile.is_whole else f"the first {profile.rows:,} rows"
    console.print(indented(f"{out} declares {profile.file_name}, by {rows}. Every line of it is a guess.", 0))
    console.print(indented(f"customer: {' + '.join(draft.who.columns) or 'every row'} ({draft.who.why})", 2))
    console.print(indented(f"value a month: {_named(draft.value.columns)} ({draft.value.why})", 2))
    console.print(indented(f"since: {_named(draft.since.columns)} ({draft.since.why})", 2))
    console.print(indented(f"left: {_named(draft.left.columns)} ({draft.left.why})", 2))
    console.print(indented(f"currency: {draft.currency[0]} ({draft.currency[1]})", 2))
    if profile.numbers is not None:
        console.print(indented(f"numbers: written as {profile.numbers.example}", 2))
    if profile.encoding != "utf-8":
        console.print(indented(f"encoding: {profile.encoding}, because it is not UTF-8", 2))
    if profile.passed_over:
        console.print(
            indented(f"passed over: {counted(len(profile.passed_over), 'column')} without a name of its own", 2)
        )
    print_table(console, "Other columns", _COLUMNS, [_cells(column) for column in draft.columns])
    for second in draft.seconds:
        console.print(indented(f"second file {second.begins}: {second.why}", 2))
        print_table(console, f"Columns of {second.begins}", _COLUMNS, [_cells(column) for column in second.columns])
    console.print(
        indented(
            f'Next: read every guess in {out}, correct it, and write reviewed_by = "NAME, DATE". Then run: '
            f"churn check --source {source} --declaration {out}",
            0,
        )
    )


def _named(columns: tuple[str, ...], otherwise: str = "not found") -> str:
    return " + ".join(columns) or otherwise


def _cells(column: ColumnGuess) -> list[str]:
    kind = "as in the public sample" if column.is_shipped else column.type
    alone = f"{column.auc:.2f}" if column.auc is not None else "-"
    cells = [
        column.source,
        column.name,
        kind,
        column.use,
        f"{column.blank_share:.1%}",
        f"{column.distinct:,}",
        alone,
        column.why,
    ]
    return [escape(cell) for cell in cells]

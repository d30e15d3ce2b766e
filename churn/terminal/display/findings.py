"""The doctor's report, a change of the SQL models, and what stages did."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from churn.reporting.doctor import Finding
from churn.stages import Outcome
from churn.terminal.display.layout import indented, open_console


def show_findings(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Prints the doctor's report, one line for each subject."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark = Text("ok", style="green") if finding.is_well else Text("!!", style="red")
        table.add_row(mark, finding.subject, Text(finding.told))
    (console or open_console()).print(table)


def as_document(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Returns the doctor's report as JSON's objects."""
    return [{"subject": finding.subject, "is_well": finding.is_well, "detail": finding.told} for finding in findings]


def show_change(change: Any, console: Console | None = None) -> None:
    """Prints which SQL models changed, line by line, and which tables are rebuilt because of it."""
    console = console or open_console()
    if not change.changed:
        console.print("The SQL models in the database match the files.")
    for model, lines in change.changed.items():
        console.print(f"[bold]{model}[/bold]{'' if lines else ' is added or removed'}")
        for line in filter(str.strip, lines.splitlines()):
            colour = {"+": "green", "-": "red"}.get(line[:1], "dim")
            console.print(indented(line, 2, colour))
    if change.rebuilt:
        console.print(f"These models are rebuilt over all stored days: {', '.join(change.rebuilt)}.")


def show_outcomes(outcomes: Sequence[Outcome], console: Console | None = None) -> None:
    """Prints what stages did, one sentence each."""
    for outcome in outcomes:
        (console or open_console()).print(outcome_sentence(outcome), markup=False)


def outcome_sentence(outcome: Outcome) -> str:
    """Returns what a stage did, or why it was skipped, as one sentence."""
    return as_sentence(f"{'skipped: ' if outcome.is_skipped else ''}{outcome.summary}")


def as_sentence(summary: str) -> str:
    """Returns a summary with a capital and a full stop."""
    return f"{summary[:1].upper()}{summary[1:].rstrip('.')}."

"""What is wrong with an extract."""

from rich.console import Console

from churn.reporting.checking import BrokenRule, Check
from churn.stages import counted
from churn.terminal.display.layout import indented, open_console


def show_check(check: Check, console: Console | None = None) -> None:
    """Prints whether a load would take the file, the rules that its rows break, notes, and each reason to refuse it."""
    console = console or open_console()
    verdict = "would be refused" if check.is_refused else "would be loaded"
    # A file without all columns is refused before its first row: that is no file with 0 rows.
    rows = f"{counted(check.rows, 'row')}, {check.rejected:,} rejected" if check.rows else "no row was read"
    console.print(indented(f"{check.file} {verdict}: {rows}.", 0))
    for rule in check.broken_rules:
        console.print(indented(f"{rule.rule}: {_where(rule)}", 2, "bold"))
        console.print(indented(rule.reason, 6))
    for note in check.notes:
        console.print(indented(f"note: {note}", 2, "dim"))
    for refusal in check.refusals:
        console.print(indented(f"refused: {refusal.fact}", 2, "red"))
        console.print(indented(f"next: {refusal.next_step}", 6))
    if not check.is_refused:
        console.print("`churn run` also compares it with the last snapshot.")


def _where(rule: BrokenRule) -> str:
    rows = ", ".join(map(str, rule.first_rows))
    more = " and others" if rule.rows > len(rule.first_rows) else ""
    return f"{counted(rule.rows, 'row')} ({rows}{more})"

"""Why customers left, on the terminal."""

from rich.console import Console
from rich.markup import escape

from churn.contracts.leaving_reasons import ReasonTraining
from churn.terminal.display.layout import Column, open_console, percent, print_table


def show_reasons(made: ReasonTraining, console: Console | None = None) -> None:
    """Prints the stated reasons by group, and whether the columns tell them beforehand."""
    console = console or open_console()
    rows = [
        [escape(one.group), escape(one.reason), f"{one.leavers:,}", percent(one.leavers / made.leavers_count)]
        for one in made.counts
    ]
    columns = (Column("group"), Column("reason", wraps=True), Column("leavers"), Column("share"))
    print_table(
        console, f"Why customers left, by {made.leavers_count:,} leavers known on {made.as_of_date}", columns, rows
    )
    sentence = made.sentence()
    console.print(escape(f"{sentence[:1].upper()}{sentence[1:]}."))
    if made.model is not None:
        console.print(
            f"Model: {made.model.name} version {made.model.version}; `reporting.customer_reasons` has customers."
        )

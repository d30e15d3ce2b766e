"""The open incidents."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from churn.stores.ledgers.snoozes import OpenIncident
from churn.terminal.display.layout import open_console


def show_incidents(found: Sequence[OpenIncident], console: Console | None = None) -> None:
    """Prints each open incident: its key, what happened, what to do, and until when it is snoozed."""
    console = console or open_console()
    if not found:
        console.print("No incident is open.")
    for one in found:
        day = f" of {one.as_of_date}" if one.as_of_date else ""
        console.print(
            f"[bold]{one.incident_key}[/]  {escape(one.flow)}{day}, {one.severity}, since "
            f"{one.opened_at:%Y-%m-%d %H:%M} UTC"
        )
        console.print(f"  {escape(one.fact)}", f"  next: {escape(one.next_step)}", sep="\n")
        if one.until_date is not None:
            console.print(f"  snoozed until the end of {one.until_date}: {escape(one.why or '')}")

"""What a person sees of the local stack: what it waits for, and the table of its services."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from churn.stack_note import Note
from churn.terminal.display.layout import plain_table


@contextmanager
def waiting() -> Iterator[Callable[[Note], None]]:
    """Shows which services are not well yet."""
    with Console(stderr=True).status("Starting ...") as line:

        def tell(note: Note) -> None:
            late = [service.title for service in note.services if not service.is_well]
            line.update(f"Waiting for {', '.join(late)} ..." if late else "All are well.")

        yield tell


def show_stack(lines: list[Any], home_dir: Path, seconds: float | None = None, console: Console | None = None) -> None:
    """Prints one line a service: where it answers, its process, whether it is well, its memory."""
    console = console or Console()
    table = plain_table("Local stack", "service", "well", "after", "process", "memory")
    table.add_column("answers at", overflow="fold")
    for line in lines:
        service = line.standing
        table.add_row(
            service.title,
            "[green]yes[/green]" if service.is_well else "[red]no[/red]",
            f"{service.seconds:.1f} s" if service.seconds is not None else "",
            str(service.pid or ""),
            f"{line.memory / 1e6:,.0f} MB" if line.memory is not None else "",
            service.url,
        )
    console.print(table)
    if seconds is not None:
        console.print(f"All are well after {seconds:.1f} s. Logs in {home_dir / 'logs'}; stop it with churn down.")

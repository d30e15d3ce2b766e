"""The local stack: what it waits for, and its services."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from churn.local_stack.stack import Line
from churn.stack_note import Note
from churn.terminal.display.layout import Column, open_console, print_table

_COLUMNS = (
    Column("service"),
    Column("well"),
    Column("after", drop=1),
    Column("process", drop=2),
    Column("memory", drop=3),
    Column("answers at", wraps=True),
)


@contextmanager
def waiting() -> Iterator[Callable[[Note], None]]:
    """Shows which services are not well yet."""
    with open_console(stderr=True).status("Starting ...") as line:

        def show(note: Note) -> None:
            late = [service.title for service in note.services if not service.is_well]
            line.update(f"Waiting for {', '.join(late)} ..." if late else "All services are well.")

        yield show


def show_stack(
    lines: Sequence[Line], home_dir: Path, seconds: float | None = None, console: Console | None = None
) -> None:
    """Prints one line for each service: whether it is well, since when, its process, its memory, its address."""
    console = console or open_console()
    print_table(console, "Local stack", _COLUMNS, [_cells(line) for line in lines])
    if seconds is not None:
        console.print(f"All services are well after {seconds:.1f} s.")
        console.print(f"Prefect and MLflow ask for the login in {home_dir / 'services.login'}.", markup=False)
        console.print(f"Their logs are in {home_dir / 'logs'}. Stop them with `churn down`.", markup=False)


def as_document(lines: Sequence[Line]) -> list[dict[str, object]]:
    """Returns the services as JSON's objects."""
    return [{**asdict(line.standing), "memory_bytes": line.memory} for line in lines]


def _cells(line: Line) -> list[str]:
    service = line.standing
    return [
        service.title,
        "[green]yes[/green]" if service.is_well else "[red]no[/red]",
        f"{service.seconds:.1f} s" if service.seconds is not None else "",
        str(service.pid or ""),
        f"{line.memory / 1e6:,.0f} MB" if line.memory is not None else "",
        service.url,
    ]

"""How a screen is laid out: its width, tables that fit it, and how money, shares and times are written."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.box import Box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from churn.contracts.money import write_money

HEADER_LINE = Box("    \n    \n -- \n    \n    \n    \n    \n    \n")
PIPE_WIDTH = 10_000
"""Columns of output that goes to a pipe or a file: wide enough that no line is wrapped or cut."""
NARROW = 70
"""Below this many columns, what stands side by side is put below each other."""
_LEAST_SENTENCE = 24


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: the heading, with the unit.
        drop: 0 if the column is always shown; on a narrow screen the highest number is left out first.
        wraps: whether the column holds sentences, which may take several lines.
    """

    title: str
    drop: int = 0
    wraps: bool = False


def open_console(stderr: bool = False) -> Console:
    """Returns a console as wide as COLUMNS or the terminal; in a pipe nothing is wrapped or cut."""
    # Rich takes 80 columns when the output is no terminal, and would wrap a table that a script reads.
    width = None if stderr and sys.stderr.isatty() else shutil.get_terminal_size((PIPE_WIDTH, 24)).columns
    return Console(width=width, stderr=stderr, highlight=False, emoji=False)


def print_table(
    console: Console, title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()
) -> None:
    """Prints a table that fits the console: the least important columns are left out first, and named below it.

    Args:
        console: where it is printed.
        title: printed in bold above the table.
        columns: the columns, in order.
        rows: the cells, in Rich's markup.
        styles: one style per row; empty for plain rows.
    """
    shown = _fitting(columns, rows, console.width)
    table = Table(box=HEADER_LINE, padding=(0, 1, 0, 0), pad_edge=False)
    tight = _width(columns, rows, shown) > console.width
    for index in shown:
        # A column of dates or money wraps only where nothing else is left to give: a cell is never cut.
        table.add_column(columns[index].title, no_wrap=not (tight or columns[index].wraps), overflow="fold")
    for number, row in enumerate(rows):
        table.add_row(*(row[index] for index in shown), style=styles[number] if styles else None)
    console.print(f"[bold]{title}[/bold]")  # not the table's own title, which wraps at the width of the table
    console.print(table)
    if hidden := [column.title for index, column in enumerate(columns) if index not in shown]:
        console.print(f"[dim]Not shown at {console.width} columns: {', '.join(hidden)}.[/dim]\n")


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    shown = list(range(len(columns)))
    while _width(columns, rows, shown) > width and any(columns[index].drop for index in shown):
        shown.remove(max(shown, key=lambda index: columns[index].drop))
    return shown


def _width(columns: Sequence[Column], rows: Sequence[Sequence[str]], shown: Sequence[int]) -> int:
    """Returns the columns of screen a table needs: each cell, a space after it, a line between two, two edges."""
    return sum(_cell_width(columns[index], [row[index] for row in rows]) for index in shown) + 2 * len(shown) + 1


def _cell_width(column: Column, cells: Sequence[str]) -> int:
    longest = max((Text.from_markup(cell).cell_len for cell in (column.title, *cells)), default=0)
    return min(longest, _LEAST_SENTENCE) if column.wraps else longest


def indented(text: str, columns: int, style: str = "") -> Padding:
    """Returns a text that keeps its indent on every line it wraps to."""
    # Without expand=False Rich fills the line with spaces, ten thousand of them in a pipe.
    return Padding(Text(text, style=style), (0, 0, 0, columns), expand=False)


def usd(amount: float) -> str:
    """Returns money without cents, as in $1,234."""
    return write_money(amount)


def percent(share: float) -> str:
    """Returns a share of 0 to 1 as per cent, as in 18.3%."""
    return f"{share:.1%}"


def moment(time: datetime | str) -> str:
    """Returns a time of the database, which is UTC, as in 2026-11-25 13:19 UTC."""
    return f"{datetime.fromisoformat(str(time)):%Y-%m-%d %H:%M} UTC"

"""How tables and money look in a terminal of 80 columns."""

from rich.box import Box
from rich.table import Table

HEADER_LINE = Box("    \n    \n -- \n    \n    \n    \n    \n    \n")


def plain_table(title: str, *columns: str) -> Table:
    """A table with a bold title and no lines but one under the header."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=HEADER_LINE, padding=(0, 1, 0, 0), pad_edge=False
    )
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def usd(amount: float) -> str:
    """Returns whole dollars, as in $1,234."""
    return f"${amount:,.0f}"

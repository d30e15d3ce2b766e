"""What a person sees of history: two dates compared. Fits a screen of 80 columns."""

from typing import Any

import polars as pl
from rich.console import Console

from churn.terminal.display.layout import plain_table

MOST_ROWS = 20


def show_comparison(comparison: Any, console: Console | None = None) -> None:
    """Prints how many customers moved from tier to tier, and the largest moves taken apart."""
    console = console or Console()
    first, second, moves = comparison.first, comparison.second, comparison.moves
    console.print(
        f"[bold]{first.prediction_date}[/bold] ({first.basis}, version {first.model_version}) to "
        f"[bold]{second.prediction_date}[/bold] ({second.basis}, version {second.model_version})"
    )
    console.print(
        f"{moves.height:,} customers on both, {comparison.joined_count:,} new, {comparison.gone_count:,} gone"
    )
    moved = moves.filter(pl.col("tier_first") != pl.col("tier_second"))
    for before, after, count in moved.group_by("tier_first", "tier_second").len().sort(pl.all()).iter_rows():
        console.print(f"  {before} to {after}: {count:,}")
    if moved.is_empty():
        console.print("Nobody moved to another tier.")
        return
    title = "Largest moves to another tier, in probability; the parts add up"
    table = plain_table(title, "customer", "from", "to", "move", "features", "model", "correction")
    for customer, before, after, *parts in moved.head(MOST_ROWS).iter_rows():
        table.add_row(customer, before, after, *(f"{part:+.3f}" for part in parts))
    console.print(table)

"""Two published dates compared."""

import polars as pl
from rich.console import Console

from churn.reporting.comparing import Comparison
from churn.stages import counted
from churn.terminal.display.layout import Column, open_console, print_table

MOST_ROWS = 20
_COLUMNS = (
    Column("customer"),
    Column("from"),
    Column("to"),
    Column("change"),
    Column("features", drop=1),
    Column("model", drop=2),
    Column("correction", drop=3),
)


def show_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Prints how many customers changed tier, and the parts of the largest changes of score."""
    console = console or open_console()
    first, second = comparison.first, comparison.second
    console.print(
        f"[bold]{first.prediction_date}[/bold] ({first.basis}, model version {first.model_version}) to "
        f"[bold]{second.prediction_date}[/bold] ({second.basis}, model version {second.model_version})"
    )
    console.print(
        f"{comparison.moves.height:,} customers on both dates, {comparison.joined_count:,} only on the second, "
        f"{comparison.gone_count:,} only on the first."
    )
    moved = _moved(comparison)
    for before, after, count in _counts(moved):
        console.print(f"  {before} to {after}: {counted(count, 'customer')}")
    if moved.is_empty():
        console.print("No customer changed tier.")
        return
    rows = [
        [customer, before, after, *(f"{part:+.3f}" for part in parts)]
        for customer, before, after, *parts in moved.head(MOST_ROWS).iter_rows()
    ]
    print_table(console, "Largest changes of score with a change of tier; the parts add up", _COLUMNS, rows)


def as_document(comparison: Comparison) -> dict[str, object]:
    """Returns a comparison as JSON's object, with every customer who changed tier."""
    moved = _moved(comparison)
    return {
        "first": comparison.first,
        "second": comparison.second,
        "customers_on_both": comparison.moves.height,
        "customers_only_on_second": comparison.joined_count,
        "customers_only_on_first": comparison.gone_count,
        "tier_changes": [{"from": before, "to": after, "customers": count} for before, after, count in _counts(moved)],
        "customers": moved.to_dicts(),
    }


def _moved(comparison: Comparison) -> pl.DataFrame:
    return comparison.moves.filter(pl.col("tier_first") != pl.col("tier_second"))


def _counts(moved: pl.DataFrame) -> list[tuple[str, str, int]]:
    return list(moved.group_by("tier_first", "tier_second").len().sort(pl.all()).iter_rows())

"""What each rule for the risk tiers would give."""

from rich.console import Console

from churn.reporting.suggesting import Suggestions
from churn.terminal.display.layout import Column, open_console, percent, print_table, usd

_COLUMNS = (
    Column("rule"),
    Column("High from"),
    Column("Medium from", drop=1),
    Column("High"),
    Column("Medium"),
    Column("precision"),
    Column("of all leavers"),
    Column("profit"),
)


def show_suggestions(suggestions: Suggestions, console: Console | None = None) -> None:
    """Prints a table with a row for each rule; the rule in force is marked."""
    console = console or open_console()
    rows = [
        [
            f"{'★ ' if one.rule == suggestions.in_force else '  '}{one.rule}",
            _bound(one.high_from),
            _bound(one.medium_from),
            f"{one.high_count:,}",
            f"{one.medium_count:,}",
            "no customer" if one.precision is None else percent(one.precision),
            "no leaver" if one.leaver_share is None else percent(one.leaver_share),
            "no value a month" if one.profit_usd is None else usd(one.profit_usd),
        ]
        for one in suggestions.rules
    ]
    title = (
        f"{suggestions.customers:,} training examples of version {suggestions.model_version}, {suggestions.leavers:,} "
        "left; each is scored by a model that was not trained on it"
    )
    print_table(
        console,
        title,
        _COLUMNS,
        rows,
        ["bold" if one.rule == suggestions.in_force else "" for one in suggestions.rules],
    )
    console.print(
        "★ is the rule in force. Precision, leavers and profit are those of contacting everybody in High and Medium. "
        "Set another rule in [tiers] of your policy file (CHURN_POLICIES names it).",
        markup=False,
    )


def _bound(value: float) -> str:
    return percent(value) if value <= 1 else "over 100%"

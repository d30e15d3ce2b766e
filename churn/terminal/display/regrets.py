"""The customers about whom the list of a matured date was wrong at the highest price."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from churn.reporting.regrets import Regrets
from churn.stores.rows.regrets import Regret
from churn.terminal.display.layout import Column, open_console, percent, print_table, usd


def show_regrets(found: Regrets, console: Console | None = None) -> None:
    """Prints the leavers whom nobody listed, and the calls that nobody needed."""
    console = console or open_console()
    day = f"of {found.prediction_date}, within {found.window_days} days"
    _show(console, f"Left without being on the list {day}", "a year's revenue", found.missed)
    _show(console, f"On the list {day}, and stayed without a contact", "cost of the call", found.needless)
    console.print("Customers whom a campaign contacted are in neither list.")


def _show(console: Console, title: str, amount: str, regrets: Sequence[Regret]) -> None:
    columns = (Column("customer"), Column("score"), Column(amount), Column("why", drop=1, wraps=True))
    rows = [
        [
            escape(one.customer_id),
            percent(one.churn_probability),
            "not known" if one.amount_usd is None else usd(one.amount_usd),
            escape(", ".join(one.reasons or ())),
        ]
        for one in regrets
    ]
    if rows:
        print_table(console, title, columns, rows)
    else:
        console.print(f"{title}: nobody.")

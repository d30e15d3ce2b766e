"""What is published: the figures, the model, the first calls."""

from itertools import zip_longest

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from churn.contracts.horizons import tell_horizon
from churn.contracts.money import NO_VALUE, write_money
from churn.reporting.status import ScoringModel, Status
from churn.stores.shown.figures import FirstCall
from churn.terminal.display.evidence import FAMILY_NAMES
from churn.terminal.display.layout import NARROW, Column, moment, open_console, percent, print_table, usd

_MODEL_COLUMNS = (
    Column("model"),
    Column("test PR-AUC (95%)"),
    Column("ROC-AUC", drop=2),
    Column("log loss", drop=3),
    Column("recall@10%", drop=1),
)
_CALL_COLUMNS = (Column("customer"), Column("score"), Column("why", drop=1, wraps=True))
_MONEY_COLUMNS = (Column("profit"), Column("bill/month", drop=2))
"""They stand after the score, if the extract has a value a month."""


def show_status(status: Status, console: Console | None = None) -> None:
    """Prints what `read_status` returns."""
    console = console or open_console()
    console.print()
    published = f"   published {moment(status.published_at)}" if status.published_at else ""
    console.print(f"[bold]Churn as of {status.as_of_date}[/bold]{published}")
    console.print(f"A score is the probability of leaving {tell_horizon(status.horizon)}.")
    if status.is_synthetic:
        console.print("[yellow]These customers are synthetic: the simulator generated them, none of them is real.[/]")
    for sentence in status.withdrawn:
        console.print(f"[yellow]{escape(sentence)} These are the figures of the last good day before it.[/]")
    console.print(_figures(status, is_narrow=console.width < NARROW))
    for sentence in tell_expected(status):
        console.print(sentence)
    _show_models(status.model, console)
    if status.first_calls:
        _show_first_calls(status, console)
    else:
        console.print(_say_nobody(status))
    if pages := {title: url for title, url in (status.stack or {}).items() if url.startswith("http")}:
        console.print("Local stack: " + ", ".join(f"{title} {url}" for title, url in pages.items()))
    console.print("[cyan]churn status --json[/] prints every figure. Open next: [cyan]churn dashboard[/]")


def _say_nobody(status: Status) -> str:
    if status.annual_revenue_usd is None:
        return "No customer is at risk."
    return "No customer is worth a contact under the current policy."


def _figures(status: Status, is_narrow: bool) -> Table:
    """Returns counts beside money; on a narrow screen below each other."""
    tiers = status.tiers
    average = status.average_churn_probability
    counts = [
        ("Customers", f"{status.customers:,}"),
        ("Active", f"{status.active_customers:,}"),
        (f"At risk ({_bound(status.tiers_from['medium'])})", f"{status.at_risk_customers:,}"),
        ("High / Medium / Low", f"{tiers['high']:,} / {tiers['medium']:,} / {tiers['low']:,}"),
    ]
    revenue, at_risk = status.annual_revenue_usd, status.revenue_at_risk_usd
    sums = [
        *([("Revenue a year, active", usd(revenue))] if revenue is not None else []),
        *([("Revenue at risk a year", usd(at_risk))] if at_risk is not None else []),
        ("Expected leavers", f"{status.expected_leavers:,.0f}"),
        ("Average score", "no active customers" if average is None else percent(average)),
    ]
    table = Table.grid(padding=(0, 1 if is_narrow else 3))
    rows = (
        [*counts, *sums]
        if is_narrow
        else [(*left, *right) for left, right in zip_longest(counts, sums, fillvalue=("", ""))]
    )
    for row in rows:
        table.add_row(*row)
    return table


def tell_expected(status: Status) -> list[str]:
    """Returns sentences about the money that is expected to leave, and what the action list is worth."""
    ahead, loss, worth = status.expected_loss_12m_usd, status.expected_annual_loss_usd, status.list
    if loss is None:
        return [f"{NO_VALUE} The action list has the {worth.customers:,} customers at risk, by their probability."]
    sentences = [f"Within 12 months, {usd(ahead)} of bills is expected to be lost."] if ahead is not None else []
    sentences.append(f"{usd(loss)} of a year's revenue is expected to leave {tell_horizon(status.horizon)}.")
    if worth.customers and worth.profit_usd is not None:
        within, seats = worth.within_seats_profit_usd, ""
        if worth.seats is not None and within is not None:
            seats = f", {usd(within)} of it within the {worth.seats:,} contacts a day"
        basis = "measured" if worth.is_save_rate_measured else "assumed"
        sentences.append(
            f"A contact pays for {worth.customers:,} customers and earns {usd(worth.profit_usd)}{seats} "
            f"(save rate {basis})."
        )
    return sentences


def _bound(probability: float) -> str:
    return f"{percent(probability)} or more" if probability <= 1 else "out of reach"


def _show_models(model: ScoringModel, console: Console) -> None:
    rows = [
        [
            f"{'★ ' if family == model.family else '  '}{FAMILY_NAMES[family]}",
            f"{test['pr_auc']:.3f} ({test['pr_auc_low']:.3f} to {test['pr_auc_high']:.3f})",
            f"{test['roc_auc']:.3f}",
            f"{test['log_loss']:.3f}",
            f"{test['recall_at_10']:.3f}",
        ]
        for family, test in model.candidates.items()
    ]
    styles = ["bold" if family == model.family else "" for family in model.candidates]
    title = f"Champion: {model.name} version {model.version} (trained as of {model.trained_as_of})"
    print_table(console, title, _MODEL_COLUMNS, rows, styles)


def _show_first_calls(status: Status, console: Console) -> None:
    rows = [
        [
            escape(call.customer_id),  # A customer number may hold [brackets], which Rich takes for a style.
            f"{percent(call.churn_probability)} {call.risk_tier}",
            *_money_cells(call),
            ", ".join(reason[2:] for reason in call.reasons if reason.startswith("+")) or "no reason was computed",
        ]
        for call in status.first_calls
    ]
    if status.annual_revenue_usd is None:
        print_table(console, "Call first: active and at risk, highest probability", _CALL_COLUMNS, rows)
        return
    columns = (*_CALL_COLUMNS[:2], *_MONEY_COLUMNS, *_CALL_COLUMNS[2:])
    print_table(console, "Call first: active, largest expected profit of a contact", columns, rows)


def _money_cells(call: FirstCall) -> list[str]:
    if call.expected_profit_usd is None or call.monthly_charges is None:
        return []
    return [usd(call.expected_profit_usd), write_money(call.monthly_charges, 2)]

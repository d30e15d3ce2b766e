"""What a person sees: the summary of a published date, the doctor's report. Fits a screen of 80 columns."""

from typing import Any

from rich.box import Box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

HEADER_LINE = Box("    \n    \n -- \n    \n    \n    \n    \n    \n")
FAMILY_NAMES = {
    "logistic_regression": "logistic regression",
    "random_forest": "random forest",
    "xgboost": "XGBoost",
    "average": "average of two",
}


def show_status(status: dict[str, Any], console: Console | None = None) -> None:
    """Prints what `read_status` found."""
    console = console or Console()
    console.print()
    console.print(f"[bold]Churn as of {status['as_of_date']}[/bold]   published {status['published_at'][:16]} UTC")
    if status["is_synthetic"]:
        console.print("[yellow]Synthetic customers, made up by the simulator: nobody here is real.[/yellow]")
    console.print(_figures(status))
    console.print(_models(status["model"]))
    if status["first_calls"]:
        console.print(_first_calls(status["first_calls"]))
    else:
        console.print("Nobody active is at risk: no calls to make.")
    console.print(
        "Open next: [cyan]churn status --json[/cyan] for everything, "
        "[cyan]churn db psql[/cyan] for the tables (reporting.kpi_daily, analytics.customer_risk)."
    )
    if pages := {title: url for title, url in (status["stack"] or {}).items() if url.startswith("http")}:
        console.print("Local stack: " + ", ".join(f"{title} {url}" for title, url in pages.items()))


def _figures(status: dict[str, Any]) -> Table:
    tiers = status["tiers"]
    average = status["average_churn_probability"]
    table = Table.grid(padding=(0, 3))
    table.add_row("Customers", f"{status['customers']:,}", "Revenue a year, active", _usd(status["annual_revenue_usd"]))
    table.add_row(
        "Active", f"{status['active_customers']:,}", "Revenue at risk a year", _usd(status["revenue_at_risk_usd"])
    )
    table.add_row(
        "At risk (0.5 or more)",
        f"{status['at_risk_customers']:,}",
        "Expected loss a year",
        _usd(status["expected_annual_loss_usd"]),
    )
    table.add_row(
        "High / Medium / Low",
        f"{tiers['high']:,} / {tiers['medium']:,} / {tiers['low']:,}",
        "Average probability",
        "no active customers" if average is None else f"{average:.3f}",
    )
    return table


def _models(model: dict[str, Any]) -> Table:
    title = f"Champion: {model['name']} version {model['version']} (trained as of {model['trained_as_of']})"
    table = plain_table(title, "model", "test PR-AUC (95 %)", "ROC-AUC", "log loss", "recall@10 %")
    for family, test in model["candidates"].items():
        is_champion = family == model["family"]
        table.add_row(
            f"{'★ ' if is_champion else '  '}{FAMILY_NAMES[family]}",
            f"{test['pr_auc']:.3f} ({test['pr_auc_low']:.3f} to {test['pr_auc_high']:.3f})",
            f"{test['roc_auc']:.3f}",
            f"{test['log_loss']:.3f}",
            f"{test['recall_at_10']:.3f}",
            style="bold" if is_champion else "",
        )
    return table


def _first_calls(calls: list[dict[str, Any]]) -> Table:
    title = "Call first: active, at risk, largest expected loss"
    table = plain_table(title, "customer", "risk", "loss/year", "monthly")
    table.add_column("why")
    for call in calls:
        table.add_row(
            call["customer_id"],
            f"{call['churn_probability']:.0%} {call['risk_tier']}",
            _usd(call["expected_annual_loss_usd"]),
            f"${call['monthly_charges']:.2f}",
            ", ".join(reason[2:] for reason in call["reasons"] if reason.startswith("+")) or "no reasons told",
        )
    return table


def plain_table(title: str, *columns: str) -> Table:
    """A table with a bold title and no lines but one under the header."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=HEADER_LINE, padding=(0, 1, 0, 0), pad_edge=False
    )
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def show_findings(findings: list[Any], console: Console | None = None) -> None:
    """Prints the doctor's report, one line a subject."""
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        table.add_row("[green]ok[/green]" if finding.is_well else "[red]!![/red]", finding.subject, finding.told)
    (console or Console()).print(table)


def show_change(change: Any, console: Console | None = None) -> None:
    """Prints which SQL models changed, line by line, and what is made anew because of it."""
    console = console or Console()
    if not change.changed:
        console.print("The models in the database are those of the files.")
    for model, lines in change.changed.items():
        console.print(f"[bold]{model}[/bold]{'' if lines else ' is added or removed'}", highlight=False)
        for line in filter(str.strip, lines.splitlines()):
            colour = {"+": "green", "-": "red"}.get(line[:1], "dim")
            console.print(Padding(Text(line, style=colour), (0, 0, 0, 2)))
    if change.rebuilt:
        console.print(f"Made anew, over all stored days: {', '.join(change.rebuilt)}", highlight=False)


def show_outcomes(outcomes: list[Any], console: Console | None = None) -> None:
    """Prints what stages did, one line each."""
    for outcome in outcomes:
        (console or Console()).print(f"{outcome.summary[:1].upper()}{outcome.summary[1:]}.", highlight=False)


def show_loads(loads: list[dict[str, Any]], console: Console | None = None) -> None:
    """Prints lines of the ledger, and under each what there is to say of it."""
    console = console or Console()
    if not loads:
        console.print("No file was taken in yet: run `churn run --source FILE`.")
    for load in loads:
        colour = {"loaded": "green", "superseded": "dim", "started": "cyan"}.get(load["status"], "red")
        console.print(
            f"[bold]{load['load_id']:>4}[/bold]  {load['snapshot_date']} [{colour}]{load['status']:<11}[/{colour}] "
            f"{load['rows_accepted']:>10,} rows {load['rows_rejected']:>6,} set aside {load['started_at'][:16]}",
            highlight=False,
        )
        for line in [load["source"], load["reason"], *load["notes"]]:
            if line:
                console.print(Padding(Text(line, style="dim"), (0, 0, 0, 6)))


def show_rejects(rejects: Any, console: Console | None = None, limit: int = 20) -> None:
    """Prints rows set aside, the first ones in full."""
    console = console or Console()
    load = rejects.load
    console.print(f"Load {load.load_id} of {load.snapshot_date} set {load.rows_rejected:,} rows aside: {load.source}")
    if load.status == "refused":
        console.print(f"The file was refused and its rows were not kept: {load.reason}")
    for row in rejects.rows[:limit]:
        customer = next(iter(row.row.values()), None) or "no customer id"
        console.print(Text(f"  row {row.row_number}: {customer[:64]}", style="bold"))
        for reason in row.reasons:
            console.print(Padding(Text(reason), (0, 0, 0, 6)))
    if len(rejects.rows) > limit:
        console.print(f"  and {len(rejects.rows) - limit:,} more: churn rejects --load {load.load_id} --csv OUT")


def _usd(amount: float) -> str:
    return f"${amount:,.0f}"

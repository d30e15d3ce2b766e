"""What is published: figures, model, first calls."""

from typing import Any

from rich.console import Console
from rich.table import Table

from churn.terminal.display.layout import plain_table, usd

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
    table.add_row("Customers", f"{status['customers']:,}", "Revenue a year, active", usd(status["annual_revenue_usd"]))
    table.add_row(
        "Active", f"{status['active_customers']:,}", "Revenue at risk a year", usd(status["revenue_at_risk_usd"])
    )
    table.add_row(
        "At risk (0.5 or more)",
        f"{status['at_risk_customers']:,}",
        "Expected loss a year",
        usd(status["expected_annual_loss_usd"]),
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
            usd(call["expected_annual_loss_usd"]),
            f"${call['monthly_charges']:.2f}",
            ", ".join(reason[2:] for reason in call["reasons"] if reason.startswith("+")) or "no reasons told",
        )
    return table

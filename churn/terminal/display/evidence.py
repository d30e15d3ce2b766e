"""What a machine learning engineer sees in the terminal: evaluations, model versions, the ledger."""

from typing import Any

from rich.console import Console
from rich.table import Table

from churn.stores.ledgers.promotions import Promotion
from churn.terminal.display.layout import plain_table

_SHORT = {"logistic_regression": "logistic", "random_forest": "forest", "xgboost": "XGBoost", "average": "average"}
_NO_MODEL = "No model was trained yet: run `churn run --source FILE`."
_FIGURES = ("pr_auc", "roc_auc", "log_loss", "brier", "ece", "recall_at_10", "lift_at_10")


def show_evaluation(summary: dict[str, Any], console: Console | None = None) -> None:
    """Prints what `evaluate_training` returns: means with sd, then differences from the selected pipeline."""
    console = console or Console()
    title = f"{summary['splits']} splits of {summary['examples']:,} customers ({summary['as_of_date']}): test mean, sd"
    table = plain_table(title, "", "PR-AUC", "ROC-AUC", "log loss", "Brier", "ECE", "rec@10", "lift@10")
    for name, means in {"selected": summary["selected"], **summary["candidates"]}.items():
        table.add_row(
            _SHORT.get(name, name),
            *(f"{means[key]:.4f}" for key in _FIGURES),
            style="bold" if name == "selected" else "",
        )
        table.add_row("", *(f"{means['sd'][key]:.4f}" for key in _FIGURES), style="dim")
    console.print(table)
    console.print(_differences(summary["differences"]))
    chosen = ", ".join(f"{_SHORT[family]} {times}" for family, times in summary["selected"]["times_chosen"].items())
    console.print(f"Chosen by the validation part, in splits: {chosen}.")
    console.print(f"A perfect model's ECE on as many customers: {summary['selected']['ece_floor']:.4f}.")


def _differences(differences: dict[str, dict[str, dict[str, float]]]) -> Table:
    table = plain_table("Candidate minus selected, same splits (95 %)", "", "PR-AUC", "ROC-AUC", "log loss")
    for family, figures in differences.items():
        table.add_row(_SHORT[family], *(_told(figures[key]) for key in ("pr_auc", "roc_auc", "log_loss")))
    return table


def _told(difference: dict[str, float]) -> str:
    return f"{difference['mean']:+.4f} ± {(difference['high'] - difference['low']) / 2:.4f}"


def show_models(decisions: list[Promotion], champion_version: int | None, console: Console | None = None) -> None:
    """Prints each model version, newest first, the champion starred."""
    console = console or Console()
    if not decisions:
        console.print(_NO_MODEL)
        return
    table = plain_table("Model versions", "version", "family", "trained as of", "test PR-AUC (95 %)", "decision")
    for one in decisions:
        test = one.evidence["candidates"][one.family]["test"]["pr_auc"]
        table.add_row(
            f"{'★' if one.model_version == champion_version else ' '} {one.model_version}",
            _SHORT[one.family],
            one.as_of_date.isoformat(),
            f"{test['value']:.3f} ({test['low']:.3f} to {test['high']:.3f})",
            f"{one.decision} by {one.decided_by}",
        )
    console.print(table)


def show_history(decisions: list[Promotion], console: Console | None = None) -> None:
    """Prints every decision with its reasons, oldest first."""
    console = console or Console()
    if not decisions:
        console.print(_NO_MODEL)
    for one in decisions:
        against = f"against version {one.champion_version}" if one.champion_version else "no champion before"
        console.print(
            f"[bold]{one.decided_at:%Y-%m-%d %H:%M} version {one.model_version} ({_SHORT[one.family]}): {one.decision}"
            f"[/bold] by {one.decided_by}, {against}",
            highlight=False,
        )
        for reason in one.reasons:
            console.print(f"  - {reason}", highlight=False)

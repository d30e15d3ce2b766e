"""The result of `churn evaluate`: means over many splits, and differences from the selected model."""

from collections.abc import Mapping

from rich.console import Console

from churn.contracts.evaluations import CostOfFairness, Evaluation, PairedDifference
from churn.terminal.display.layout import Column, open_console, print_table

SHORT_NAMES = {
    "logistic_regression": "logistic",
    "random_forest": "forest",
    "xgboost": "XGBoost",
    "xgboost_deep": "XGBoost, deep",
    "average": "average",
    "stack": "stack",
}
_FIGURES = {
    "pr_auc": Column("PR-AUC"),
    "roc_auc": Column("ROC-AUC", drop=1),
    "log_loss": Column("log loss", drop=2),
    "brier": Column("Brier", drop=5),
    "ece": Column("ECE", drop=6),
    "recall_at_10": Column("rec@10%", drop=3),
    "lift_at_10": Column("lift@10%", drop=4),
}


def show_evaluation(evaluation: Evaluation, console: Console | None = None) -> None:
    """Prints what `evaluate_training` returns, and one sentence on what was done."""
    console = console or open_console()
    _show_means(evaluation, console)
    _show_differences(evaluation.differences, console)
    selected = evaluation.selected
    chosen = ", ".join(f"{SHORT_NAMES[family]} {times}" for family, times in selected.times_chosen.items())
    console.print(f"Splits in which the validation part chose each family: {chosen}.")
    console.print(f"A perfect model would have an ECE of {selected.ece_floor:.4f} on as many customers.")
    if evaluation.fairness is not None:
        _show_fairness(evaluation.fairness, console)
    console.print(
        f"Trained and tested {len(evaluation.candidates)} candidates on {evaluation.splits} random splits of "
        f"{evaluation.examples:,} customers ({evaluation.as_of_date}); the selected model has a mean test PR-AUC of "
        f"{selected.pr_auc:.4f} (sd {selected.sd['pr_auc']:.4f})."
    )


def _show_means(evaluation: Evaluation, console: Console) -> None:
    rows, styles = [], []
    for name, means in {"selected": evaluation.selected, **evaluation.candidates}.items():
        rows.append([SHORT_NAMES.get(name, name), *(f"{getattr(means, key):.4f}" for key in _FIGURES)])
        rows.append(["  sd", *(f"{means.sd[key]:.4f}" for key in _FIGURES)])
        styles += ["bold" if name == "selected" else "", "dim"]
    title = f"Test results, mean and standard deviation (sd) of {evaluation.splits} splits"
    print_table(console, title, [Column("model"), *_FIGURES.values()], rows, styles)


def _show_differences(differences: Mapping[str, Mapping[str, PairedDifference]], console: Console) -> None:
    keys = ("pr_auc", "roc_auc", "log_loss")
    rows = [
        [SHORT_NAMES[family], *(_interval(figures[key]) for key in keys)] for family, figures in differences.items()
    ]
    columns = [Column("model"), *(_FIGURES[key] for key in keys)]
    print_table(console, "Candidate minus selected model on the same splits (95%)", columns, rows)


def _show_fairness(cost: CostOfFairness, console: Console) -> None:
    columns, figures = ", ".join(cost.columns), cost.differences
    console.print(
        f"For fairness, no model gets {columns}. With these columns, PR-AUC would change by "
        f"{_interval(figures['pr_auc'])} and log loss by {_interval(figures['log_loss'])} (95%, on the same splits)."
    )


def _interval(difference: PairedDifference) -> str:
    return f"{difference.mean:+.4f} ± {(difference.high - difference.low) / 2:.4f}"

"""Draws pictures of a model for people, all in one style and without a display."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from churn.contracts.decisions import CandidateFigures, Interval
from churn.contracts.money import write_money

INK, BLUE, ORANGE, PALE = "#22303c", "#2a6f97", "#d1602b", "#d9e2ec"
GREEN = "#5a8f4f"

Labels = NDArray[np.bool_]
Floats = NDArray[np.float64]


def _sheet(title: str, x: str, y: str, height: float = 4.2) -> tuple[Figure, Axes]:
    # Not pyplot: it keeps every figure in a global list until it is closed, and it is not thread-safe. A Figure with an
    # Agg canvas of its own needs neither a display nor closing.
    figure = Figure(figsize=(6.4, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _dress(axes, title, x, y)
    return figure, axes


def _dress(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontsize=11)
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def draw_precision_recall(labels: Labels, probabilities: Floats, pr_auc: Interval, family: str) -> Figure:
    """Draws precision over recall, with the base rate for comparison."""
    order = np.argsort(-probabilities, kind="stable")  # Stable: the same picture on every machine, also with ties.
    hits = np.cumsum(labels[order])
    recall, precision = hits / hits[-1], hits / np.arange(1, len(labels) + 1)
    title = f"{family}: PR-AUC {pr_auc.value:.3f} ({pr_auc.low:.3f} to {pr_auc.high:.3f})"
    figure, axes = _sheet(title, "Recall: share of leavers found", "Precision: share of flagged customers who left")
    axes.plot(recall, precision, color=BLUE, linewidth=1.8)
    axes.axhline(labels.mean(), color=ORANGE, linewidth=1, linestyle="--")
    axes.annotate(f"base rate {labels.mean():.3f}", (0.99, labels.mean()), ha="right", va="bottom", color=ORANGE)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    return figure


def draw_calibration(labels: Labels, probabilities: Floats, ece: Interval, family: str) -> Figure:
    """Draws the actual rate over the predicted probability, in ten groups of equal size with 95% binomial bars."""
    groups = np.array_split(np.argsort(probabilities, kind="stable"), 10)
    predicted = np.array([probabilities[rows].mean() for rows in groups])
    happened = np.array([labels[rows].mean() for rows in groups])
    bars = 1.96 * np.sqrt(happened * (1 - happened) / np.array([len(rows) for rows in groups]))
    title = f"{family}: calibration error {ece.value:.3f} ({ece.low:.3f} to {ece.high:.3f})"
    figure, axes = _sheet(title, "Mean predicted probability", "Share who left")
    axes.plot([0, 1], [0, 1], color=PALE, linewidth=1.5)
    axes.errorbar(predicted, happened, yerr=bars, fmt="o", color=BLUE, capsize=3)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return figure


def draw_confusion(counts: dict[str, int], family: str) -> Figure:
    """Draws the four counts at the threshold of 0.5."""
    cells = np.array(
        [[counts["true_negative"], counts["false_positive"]], [counts["false_negative"], counts["true_positive"]]]
    )
    figure, axes = _sheet(f"{family}: {cells.sum():,} test customers at a probability of 0.5", "Predicted", "Actual")
    axes.imshow(cells, cmap="Blues", vmax=cells.sum())  # vmax: the colour shows the share of all customers.
    axes.set_xticks([0, 1], ["stays", "leaves"])
    axes.set_yticks([0, 1], ["stayed", "left"])
    for (row, column), count in np.ndenumerate(cells):
        axes.annotate(f"{count:,}", (column, row), ha="center", va="center", color=INK, fontsize=14)
    return figure


def draw_importances(importances: pl.DataFrame, family: str) -> Figure:
    """Draws the fifteen most important features. Orange bars lower the probability."""
    top = importances.head(15).reverse()  # barh() draws from the bottom up: the most important feature must come last.
    figure, axes = _sheet(f"{family}: feature importance", "Importance (signed for a linear model)", "", 5.2)
    colours = [ORANGE if value < 0 else BLUE for value in top["importance"]]
    axes.barh(top["feature"].to_list(), top["importance"].to_list(), color=colours)
    return figure


def draw_splits(results: pl.DataFrame) -> Figure:
    """Draws PR-AUC and log loss of every split by candidate, with the mean: it shows how much one split can mislead."""
    families = results["family"].unique(maintain_order=True).to_list()
    figure = Figure(figsize=(8.4, 3.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    titles = {"pr_auc": "PR-AUC (higher is better)", "log_loss": "Log loss (lower is better)"}
    # np.atleast_1d: subplots() may return a single Axes or an array, so mypy would not let us iterate over it.
    for axes, (name, title) in zip(np.atleast_1d(figure.subplots(1, 2, sharey=True)), titles.items(), strict=True):
        for height, family in enumerate(families):
            values = results.filter(pl.col("family") == family)[name].to_numpy()
            axes.plot(values, np.full(len(values), height), "o", color=BLUE, alpha=0.25, markersize=5)
            axes.plot(values.mean(), height, "|", color=ORANGE, markersize=20, markeredgewidth=2.5)
            axes.annotate(f"{values.mean():.4f}", (values.mean(), height + 0.28), ha="center", color=ORANGE, fontsize=9)
        _dress(axes, title, f"Test part of each of {results['split'].n_unique()} splits; mean in orange", "")
        axes.set_yticks(range(len(families)), [family.replace("_", " ") for family in families])
        axes.set_ylim(-0.5, len(families) - 0.4)
    return figure


def draw_comparison(candidates: Mapping[str, CandidateFigures]) -> Figure:
    """Draws PR-AUC and log loss of every candidate on the test part, with their 95% intervals.

    Args:
        candidates: the figures of each candidate by family, as in the ledger.
    """
    figure = Figure(figsize=(8.4, 0.9 + 0.5 * len(candidates)), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    titles = {"pr_auc": "PR-AUC (higher is better)", "log_loss": "Log loss (lower is better)"}
    for axes, (name, title) in zip(np.atleast_1d(figure.subplots(1, 2, sharey=True)), titles.items(), strict=True):
        _dress(axes, title, "", "")
        for height, candidate in enumerate(candidates.values()):
            interval = candidate.test[name]
            axes.plot([interval.low, interval.high], [height, height], color=PALE, linewidth=6, solid_capstyle="round")
            axes.plot(interval.value, height, "o", color=BLUE)
        axes.set_yticks(range(len(candidates)), [family.replace("_", " ") for family in candidates])
        # From large to small: the first candidate is at the top, as in tables.
        axes.set_ylim(len(candidates) - 0.5, -0.5)
    return figure


def draw_tuning(history: pl.DataFrame) -> Figure:
    """Draws the cross-validated log loss of every trial and the best so far, one line for each family."""
    figure, axes = _sheet("Trials of the search", "Trial", "Cross-validated log loss (lower is better)")
    colours = dict(zip(history["family"].unique(maintain_order=True), (BLUE, GREEN, ORANGE), strict=False))
    for family, colour in colours.items():
        losses = history.filter(pl.col("family") == family)["log_loss"].to_numpy()
        axes.plot(losses, "o", color=colour, alpha=0.35, markersize=4)
        axes.plot(np.minimum.accumulate(losses), color=colour, linewidth=1.8, label=family.replace("_", " "))
    # Bad trials lie far above: without limits they would press all good trials into one line at the bottom.
    best = float(history["log_loss"].to_numpy().min())
    axes.set_ylim(bottom=best - 0.002, top=best + 0.03)
    axes.legend(frameon=False, title="best so far")
    return figure


def draw_contributions(ranking: pl.DataFrame, left_out: tuple[str, ...]) -> Figure:
    """Draws the mean absolute contribution of every feature. Pale features are left out."""
    title = f"Contribution of each feature ({len(left_out)} left out, pale)"
    figure, axes = _sheet(title, "Mean absolute contribution to the log-odds, out of fold", "", 6.2)
    colours = [PALE if name in left_out else BLUE for name in ranking["feature"]]
    axes.barh(ranking["feature"].to_list(), ranking["mean_contribution"].to_list(), color=colours)
    return figure


def draw_gain(labels: Labels, probabilities: Floats, family: str) -> Figure:
    """Draws gain (share of leavers found) and lift over the share of customers contacted, highest probability first."""
    hits = np.cumsum(labels[np.argsort(-probabilities, kind="stable")])
    contacted = np.arange(1, len(labels) + 1) / len(labels)
    gain = hits / hits[-1]
    tenth = int(np.ceil(0.1 * len(labels))) - 1
    figure = Figure(figsize=(8.4, 3.8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _dress(left, f"{family}: gain", "Share of customers contacted", "Share of leavers found")
    left.plot(contacted, gain, color=BLUE, linewidth=1.8)
    # The pale line is a perfect model, the dashed one a random order.
    left.plot([0, labels.mean(), 1], [0, 1, 1], color=PALE, linewidth=1.2, zorder=0)
    left.plot([0, 1], [0, 1], color=ORANGE, linewidth=1, linestyle="--")
    _dress(right, "Lift", "Share of customers contacted", "Times the base rate")
    # From 2% on: the lift of the first few customers is noise that would stretch the axis.
    right.plot(contacted[tenth // 5 :], (gain / contacted)[tenth // 5 :], color=BLUE, linewidth=1.8)
    right.axhline(1, color=ORANGE, linewidth=1, linestyle="--")
    right.annotate(f"{gain[tenth] / contacted[tenth]:.2f} in the top 10%", (0.12, gain[tenth] / contacted[tenth]))
    return figure


def draw_profit(profits: dict[str, Floats], family: str) -> Figure:
    """Draws the profit per 1,000 customers over the share of customers contacted.

    Args:
        profits: the name of an order of customers -> (n,) profits of contacting each customer, in that order.
    """
    title = f"{family}: profit by share contacted"
    figure, axes = _sheet(title, "Share of customers contacted", "Profit per 1,000 customers, USD")
    for (name, profit), colour in zip(profits.items(), (BLUE, ORANGE), strict=False):
        curve = np.cumsum(profit) / len(profit) * 1000
        contacted = np.arange(1, len(profit) + 1) / len(profit)
        best = int(np.argmax(curve))
        axes.plot(
            contacted,
            curve,
            color=colour,
            linewidth=1.8,
            label=f"{name}: best {write_money(curve[best])} at {contacted[best]:.0%}",
        )
        axes.plot(contacted[best], curve[best], "o", color=colour, markersize=5)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.legend(frameon=False)
    return figure

"""Whether published scores came true."""

from collections.abc import Callable, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape

from churn.contracts.performance import Performance
from churn.monitoring.causes import Cause
from churn.monitoring.limits import tell_spike
from churn.reporting.health import Health
from churn.stages import counted
from churn.stores.shown.changes import Change, Promise
from churn.terminal.display.layout import Column, open_console, percent, print_table, usd

_STYLES = {"all well": "green", "look at this": "red", "not known yet": "yellow"}
_COLUMNS = (Column("figure"), Column("expected"), Column("real"), Column("true scores give", drop=1))


def show_health(health: Health, console: Console | None = None) -> None:
    """Prints the verdict, the broken limits, the newest matured date, and what is not known yet."""
    console = console or open_console()
    style = _STYLES[health.verdict]
    console.print(f"[bold {style}]{health.verdict.capitalize()}[/]   published as of {health.published}")
    for finding in health.findings:
        console.print(f"[red]{escape(finding.fact)}[/]", f"  next: {escape(finding.next_step)}", sep="\n")
    if health.newest is not None:
        _show_newest(health.newest, health.matured_count, console)
    if health.promise is not None:
        console.print(tell_promise(health.published, health.promise))
    if health.change is not None and health.change.movement is not None:
        _show_movement(health.change, health.causes, console)
    for spike in health.spikes:
        if not any(tell_spike(spike) in finding.fact for finding in health.findings):  # A broken limit has said it.
            console.print(escape(tell_spike(spike)))
    for lack in health.lacks:
        console.print(escape(lack))


def _show_newest(day: Performance, matured_count: int, console: Console) -> None:
    dates = counted(matured_count, "published date")
    console.print(f"{dates} matured; the newest that its model had not seen is {day.prediction_date}:")
    rows = [_row("leavers", day.expected_leavers, day.actual_leavers, _band(day))]
    if day.actual_loss_usd is not None:
        rows.append(_row("a year's revenue", day.expected_loss_usd, day.actual_loss_usd, _money_band(day), usd))
    title = f"Within {day.window_days} days, of {day.customers_count:,} active customers"
    print_table(console, title, _COLUMNS, rows)
    for sentence in tell_figures(day):
        console.print(sentence)


def _show_movement(change: Change, causes: Sequence[Cause], console: Console) -> None:
    movement = change.movement
    assert movement is not None
    parts = [(name, getattr(movement, f"by_{key}")) for name, key in PARTS]
    rows = [[name, "in behaviour" if part is None else signed_usd(part)] for name, part in parts]
    title = (
        f"Expected loss {usd(movement.before)} on {change.previous_date}, now {usd(movement.after)}; the parts add up"
    )
    print_table(console, title, (Column("part"), Column("change")), rows)
    for cause in causes:
        console.print(f"{cause.kind.capitalize()}: {escape(cause.evidence)}.")


PARTS = (
    ("customers who joined", "joined"),
    ("customers who are gone", "gone"),
    ("price", "price"),
    ("behaviour", "behaviour"),
    ("model", "model"),
    ("corrections", "correction"),
)


def signed_usd(amount: float) -> str:
    """Returns an amount with its sign."""
    return f"{'-' if amount < 0 else '+'}{usd(abs(amount))}"


def tell_promise(published: date, promise: Promise) -> str:
    """Returns the estimate of a date in words, with what it cannot see."""
    figures = [f"{promise.leavers:,.0f} customers leave within {promise.horizon} ({promise.leavers_low:,.0f} to "]
    figures[0] += f"{promise.leavers_high:,.0f})"
    if promise.pr_auc is not None:
        figures.append(f"PR-AUC {promise.pr_auc:.3f} ({promise.pr_auc_low:.3f} to {promise.pr_auc_high:.3f})")
    return (
        f"Until its labels mature, {published} is estimated: {', '.join(figures)}, if the scores are true. The "
        "estimate cannot see that customers behave in another way."
    )


def tell_figures(day: Performance) -> list[str]:
    """Returns the other figures of a matured date in sentences."""
    told = []
    if day.calibration_error is not None and day.calibration_noise is not None:
        told.append(
            f"Calibration error {percent(day.calibration_error)}; chance alone gives up to "
            f"{percent(day.calibration_noise)}."
        )
    if day.lift is not None and day.pr_auc is not None:
        told.append(
            f"Lift in the top 10% {day.lift:.1f} ({day.lift_low:.1f} to {day.lift_high:.1f}), "
            f"PR-AUC {day.pr_auc:.3f} ({day.pr_auc_low:.3f} to {day.pr_auc_high:.3f})."
        )
    if day.listed_count and day.list_precision is not None:
        beside = [f"{day.at_random_leavers or 0:,.0f} at random"]
        beside += [f"{day.by_charge_leavers:,.0f} by charge"] if day.by_charge_leavers is not None else []
        told.append(
            f"Of the list's {day.listed_count:,} customers, {day.list_leavers or 0:,.0f} left "
            f"({percent(day.list_precision)}); a list of the same length finds {' and '.join(beside)}."
        )
    if day.contacted_count:
        told.append(f"{counted(day.contacted_count, 'contacted customer')} left out; those held out stand for them.")
    return told


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _row(
    name: str, expected: float | None, actual: float, band: str, tell: Callable[[float], str] = _count
) -> list[str]:
    return [name, "not known" if expected is None else tell(expected), tell(actual), band]


def _band(day: Performance) -> str:
    if day.expected_leavers_low is None or day.expected_leavers_high is None:
        return ""
    return f"{day.expected_leavers_low:,.0f} to {day.expected_leavers_high:,.0f}"


def _money_band(day: Performance) -> str:
    if day.expected_loss_low_usd is None or day.expected_loss_high_usd is None:
        return ""
    return f"{usd(day.expected_loss_low_usd)} to {usd(day.expected_loss_high_usd)}"

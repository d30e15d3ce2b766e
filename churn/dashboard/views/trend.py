"""The page about the trend: figures by day or week, with new models, missing days and reconstructed days marked."""

from datetime import timedelta

import streamlit as st

from churn.contracts.horizons import tell_horizon
from churn.contracts.money import axis_format, name_currency
from churn.dashboard import charts, markup, summary
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.formats import tell_count, tell_day, tell_percent
from churn.dashboard.glossary import FIGURES, Figure, find_figures
from churn.stores.shown import Row, marts
from churn.stores.shown.notes import read_notes

ACTUAL = {
    "customers_count": Figure("Active", "Active customers of the day.", tell_count),
    "leavers_count": Figure("Left", "Customers who left within the days of the window.", tell_count),
    "window_days": Figure("Days", "Length of the window in days.", tell_count),
    "churn_rate": Figure("Churn rate", "Share of the labelled customers who left.", tell_percent),
    "expected_leavers_count": Figure("Expected", "Sum of the probabilities of the active customers.", tell_count),
    "censored_count": Figure("Not known", "Customers who vanished without a word.", tell_count),
}
SPANS = {"30 days": 30, "60 days": 60, "180 days": 180, "All": 3660}


def show(shown: Shown) -> None:
    """Shows counts, average probability and expected loss over time, and the same figures as a table."""
    left, right = st.columns(2)
    period = left.segmented_control(
        "Period", ["Day", "Week"], default="Day", key="period", bind="query-params", required=True
    )
    span = right.segmented_control(
        "Time span", list(SPANS), default="60 days", key="span", bind="query-params", required=True
    )
    unit = (period or "Day").lower()
    rows = ask(shown, marts.read_trend, unit, shown.day - timedelta(days=SPANS[span or "60 days"]))
    if len(rows) < 2:
        st.html(
            markup.say(f"Only one {unit} is published so far.", "Run `churn backfill --days 60` to add earlier days.")
        )
    else:
        notes = ask_now(read_notes, rows[0]["period_start_date"], shown.day)
        _draw(rows, unit, shown.horizon, notes)
    _tabulate(rows, unit, shown.horizon)
    _show_actual(shown)


def _show_actual(shown: Shown) -> None:
    """Shows who left of the customers of each month, beside who was expected to leave."""
    st.header("Who left, beside who was expected to leave")
    rows = ask(shown, marts.read_actual_churn, "month", shown.day - timedelta(days=SPANS["All"]))
    if not rows:
        st.html(markup.say("Nobody knows yet who left.", "The first labels mature with a later extract."))
        return
    columns = [
        markup.Column("as_of_date", Figure("Customers of", "The first published day of the month.", tell_day)),
        *(markup.Column(name, figure, is_number=True) for name, figure in ACTUAL.items()),
        markup.Column("basis", FIGURES["basis"]),
    ]
    st.html(markup.draw_table("actual_churn", "Actual leavers by month", columns, list(reversed(rows))))


def _draw(rows: list[Row], unit: str, horizon: str | None, notes: list[Row]) -> None:
    st.header("Active customers at risk")
    st.altair_chart(charts.draw_counts(rows, unit, height=300, notes=notes))
    remarks = [summary.tell_bars(rows)]
    remarks += [f"{tell_day(note['on_date'])}: {note['text']}." for note in notes]
    gaps = charts.find_gaps(rows, unit)
    remarks += [f"No extract from {tell_day(first)} to {tell_day(last)}." for first, last in gaps]
    remarks += [
        f"{change['model'].capitalize()} from {tell_day(change['day'])}." for change in charts.find_model_changes(rows)
    ]
    if any(remarks):
        st.html(markup.note(" ".join(remarks)))
    left, right = st.columns(2, gap="medium")
    with left:
        st.header(f"Average probability of leaving {tell_horizon(horizon)}")
        st.altair_chart(charts.draw_line(rows, "average_churn_probability", "Mean probability", ".1%", unit))
    loss = choose_loss(rows)
    if loss is None:
        return
    with right:
        st.header(find_figures(horizon)[loss].heading)
        st.altair_chart(charts.draw_line(rows, loss, name_currency("USD"), axis_format(), unit))


def choose_loss(rows: list[Row]) -> str | None:
    """Returns the loss that the trend shows: that of 12 months where every day has it, else a year's revenue.

    None without a value a month.
    """
    if all(row["expected_loss_12m_usd"] is not None for row in rows):
        return "expected_loss_12m_usd"
    return "expected_annual_loss_usd" if any(row["expected_annual_loss_usd"] is not None for row in rows) else None


def _tabulate(rows: list[Row], unit: str, horizon: str | None) -> None:
    st.header(f"Figures by {unit}")
    if unit == "week":
        st.html(markup.note("A week shows the figures of its last published day, not a sum over its days."))
    numbers = markup.find_known(
        (
            *("at_risk_customers_count", "high_count", "medium_count", "low_count", "average_churn_probability"),
            *("revenue_at_risk_usd", "expected_loss_12m_usd", "expected_annual_loss_usd", "model_version"),
        ),
        rows,
    )
    begins = Figure("Start", "The day, or the Monday of the week.", tell_day)
    columns = [
        markup.Column("period_start_date", begins),
        *markup.name_columns(*numbers, numbers=numbers, figures=find_figures(horizon)),
        markup.Column("basis", FIGURES["basis"]),
    ]
    with st.expander("The figures", expanded=len(rows) < 15):
        st.html(markup.draw_table("trend", f"Figures by {unit}", columns, list(reversed(rows))))

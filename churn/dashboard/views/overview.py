"""The overview, the first page of the morning: how many customers are at risk, what it costs, and the trend."""

from datetime import timedelta

import streamlit as st

from churn.dashboard import charts, glossary, markup, summary
from churn.dashboard.access import Shown, ask
from churn.dashboard.formats import tell_moment
from churn.stores.shown import Row, calls, marts
from churn.timeline import today_utc

DAYS = 60
ACTUAL_DAYS = 400
"""How far back the newest day with matured labels may lie."""
FIRST_CALLS = 10
FIRST_COLUMNS = (
    *("call_rank", "customer_id", "risk_tier", "churn_probability", "expected_profit_usd", "contract"),
    *("tenure_months", "reasons"),
)


def show(shown: Shown) -> None:
    """Shows the cards, the tiers, the trend, the customers to call first, and the state of the run."""
    days = ask(shown, marts.read_days, shown.day - timedelta(days=DAYS), shown.day)
    now = days[-1]
    st.html(markup.draw_cards(summary.make_cards(days, shown.day)))
    st.html(markup.note(summary.tell_shape(now)))
    if outside := summary.tell_outside(ask(shown, marts.read_out_of_range, shown.day)):
        st.html(markup.say(outside, "The figures are those of the nearest values that it has seen."))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.header("Active customers by tier")
        st.altair_chart(charts.draw_tiers(now))
        st.html(summary.draw_tier_table(now))
    with right:
        st.header("Active customers at risk by day")
        if len(days) > 1:
            st.altair_chart(charts.draw_counts(days, height=330))
            legend = "Grey areas are days without an extract. Dashed lines mark a new model."
            st.html(markup.note(f"{summary.tell_bars(days)} {legend}"))
        else:
            st.html(
                markup.say("Only one day is published so far.", "Run `churn backfill --days 60` to add earlier days.")
            )
    _show_actual(shown)
    _show_calls(shown, now)
    _show_health(shown)
    with st.expander("What the figures mean"):
        st.html(markup.define([glossary.find_figures(now["horizon"])[name] for name in summary.choose_headlines(now)]))


def _show_actual(shown: Shown) -> None:
    """Says how many customers left of the newest day for which that is known, beside how many were expected to."""
    rows = ask(shown, marts.read_actual_churn, "day", shown.day - timedelta(days=DAYS + ACTUAL_DAYS))
    if rows:
        st.html(markup.note(summary.tell_actual(rows[-1])))


def _show_calls(shown: Shown, now: Row) -> None:
    st.header("Customers to call first")
    first_calls = ask(shown, calls.read_calls, calls.Wanted(shown.day), FIRST_CALLS)
    st.html(markup.note(summary.tell_list(now)))
    if not first_calls:
        st.html(summary.say_nobody(now))
        return
    columns = markup.name_columns(
        *markup.find_known(FIRST_COLUMNS, first_calls),
        numbers=("call_rank", "churn_probability", "expected_profit_usd", "tenure_months"),
        wide=("reasons",),
        figures=glossary.find_figures(now["horizon"]),
    )
    st.html(markup.draw_table("first_calls", "The ten customers to call first", columns, first_calls))


def _show_health(shown: Shown) -> None:
    st.header("State of the run")
    late = summary.find_late(shown.latest, today_utc())
    pills = [
        markup.draw_pill(f"Published {tell_moment(shown.latest['published_at'])}"),
        markup.draw_pill(f"Figures are {late} days old" if late > 1 else "Up to date", late > 1),
        markup.draw_pill(f"{shown.latest['customers_count']:,} of {shown.latest['eligible_count']:,} customers scored"),
        markup.draw_pill(f"Model version {shown.latest['model_version']}"),
    ]
    # The band above the page names the days that a person withdrew.
    out_of_sight = ("staged", "withdrawn")
    hidden = [row for row in shown.publications if row["status"] in out_of_sight and row["withdrawn_by"] is None]
    if hidden:
        pills.append(markup.draw_pill(f"{hidden[0]['prediction_date']} is scored but not published", True))
    st.html(f'<div class="band">{"".join(pills)}</div>')

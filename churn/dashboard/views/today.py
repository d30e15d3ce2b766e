"""Today, the first page of the morning: what changed and why, what is to be done, and whether it can be trusted."""

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from churn.dashboard import charts, glossary, headline, markup, summary
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.formats import tell_moment
from churn.dashboard.glossary import Figure
from churn.economics.limits import load_limits
from churn.reporting.health import Health, Watched, assemble
from churn.settings import load_settings
from churn.stores.shown import Row, calls, campaigns, list_changes, marts
from churn.stores.shown.changes import Change, read_change
from churn.stores.shown.notes import read_notes
from churn.stores.shown.performance import read_performance
from churn.stores.shown.spikes import count_steps, read_spikes
from churn.timeline import today_utc

DAYS = 60
ACTUAL_DAYS = 400
"""How far back the newest day with matured labels may lie."""
FIRST_CALLS = 10
FIRST_COLUMNS = (
    *("call_rank", "customer_id", "risk_tier", "churn_probability", "expected_profit_usd", "contract"),
    *("tenure_months", "reasons"),
)
NEW_SHOWN = 5
MOST_VERDICTS = 2


def show(shown: Shown) -> None:
    """Shows the headline, the figures, what is to be done, who is new on the list, and the trend."""
    before = shown.before["prediction_date"] if shown.before else None
    first = min(shown.day - timedelta(days=DAYS), before or shown.day)
    days = ask(shown, marts.read_days, first, shown.day)
    now = days[-1]
    change = ask_now(read_change, shown.day)
    _show_health(shown, change)
    _show_headline(days, before, change, shown)
    st.html(markup.draw_cards(summary.make_cards(days, shown.day, before)))
    _show_facts(shown, now, before)
    if outside := summary.tell_outside(ask(shown, marts.read_out_of_range, shown.day)):
        st.html(markup.say(outside, "The figures are those of the nearest values that it has seen."))
    if before:
        _show_new(shown, before)
    _show_calls(shown, now)
    _show_trend(days)
    with st.expander("What the figures mean"):
        st.html(markup.define([glossary.find_figures(now["horizon"])[name] for name in summary.choose_headlines(now)]))


def _show_headline(days: Sequence[Row], before: date | None, change: Change | None, shown: Shown) -> None:
    """Says how the figure that matters moved. The cause is stored for the date before, and shown for no other."""
    by_day = {row["prediction_date"]: row for row in days}
    earlier = by_day.get(before) if before else None
    is_explained = change is not None and before is not None and change.previous_date == before
    split = ""
    if change is not None and is_explained:
        causes = _judge(shown, change).causes
        split = headline.tell_split(change.movement, causes)
    sentence = headline.tell_headline(by_day[shown.day], earlier)
    told = split or summary.tell_shape(by_day[shown.day])
    notes = ask_now(read_notes, before + timedelta(days=1), shown.day) if before else []
    st.html(markup.headline(sentence, f"{headline.tell_notes(notes)} {told}".strip()))


def _judge(shown: Shown, change: Change | None) -> Health:
    matured = ask_now(read_performance)
    watched = Watched(ask_now(read_spikes, shown.day), ask_now(count_steps, shown.day))
    return assemble(shown.day, shown.horizon, None, matured, change, watched, load_limits(load_settings().policies))


def _show_health(shown: Shown, change: Change | None) -> None:
    """Says in one line whether the figures can be trusted: a refused file of today shows here."""
    late = summary.find_late(shown.latest, today_utc())
    health = _judge(shown, change)
    verdict = health.verdict
    pills = [
        markup.draw_pill(f"Published {tell_moment(shown.latest['published_at'])}"),
        markup.draw_pill(f"Figures are {late} days old" if late > 1 else "Up to date", late > 1),
        markup.draw_pill(f"{shown.latest['customers_count']:,} of {shown.latest['eligible_count']:,} customers scored"),
        markup.draw_pill(f"Model version {shown.latest['model_version']}: {verdict}", verdict == "look at this"),
    ]
    # The band above the page names the days that a person withdrew.
    out_of_sight = ("staged", "withdrawn")
    hidden = [row for row in shown.publications if row["status"] in out_of_sight and row["withdrawn_by"] is None]
    if hidden:
        pills.append(markup.draw_pill(f"{hidden[0]['prediction_date']} is scored but not published", True))
    newest = next(iter(ask_now(marts.read_loads, 1)), None)
    if newest is not None and newest["status"] == "refused":
        pills.append(markup.draw_pill(f"The file of {newest['snapshot_date']} was refused: {newest['reason']}", True))
    st.html(f'<div class="band health">{"".join(pills)}</div>')
    for finding in health.findings:
        if finding.check == "feed check":  # Nobody calls by figures of a faulty file without knowing it.
            st.html(markup.say(finding.fact, "See the page Health before you call."))


def _show_facts(shown: Shown, now: Row, before: date | None) -> None:
    """Says what happened and what is to be done: leavers, calls, the list, campaigns."""
    facts = {"calls": ("Calls today", headline.tell_calls(now))}
    rows = ask(shown, marts.read_actual_churn, "day", shown.day - timedelta(days=DAYS + ACTUAL_DAYS))
    known = [row for row in rows if row["as_of_date"] + timedelta(days=row["window_days"]) <= shown.day]
    if known:
        facts["actual"] = ("Left, beside expected", summary.tell_actual(known[-1]))
    if before:
        moved = ask(shown, list_changes.count_moved, shown.day, before)
        facts["list"] = ("On the list", f"{moved.new_count:,} new, {moved.gone_count:,} gone since {before}")
    for line in ask_now(campaigns.read_campaigns)[:MOST_VERDICTS]:
        verdict = line["leaving_verdict"] or "not read yet"
        facts[f"campaign {line['campaign_id']}"] = (f"Campaign {line['campaign_id']}", verdict)
    st.html(markup.draw_facts(facts))


def _show_new(shown: Shown, before: date) -> None:
    rows = ask(shown, list_changes.read_new, shown.day, before, NEW_SHOWN)
    if not rows:
        return
    st.header("New on the list")
    figures = glossary.find_figures(shown.horizon)
    was = Figure(
        "Before",
        f"The probability on {before}; a dash if the customer was not there.",
        figures["churn_probability"].form,
    )
    columns = [
        *markup.name_columns("call_rank", "customer_id", numbers=("call_rank",), figures=figures),
        markup.Column("probability_before", was, is_number=True),
        *markup.name_columns(
            *("churn_probability", "expected_profit_usd"),
            numbers=("churn_probability", "expected_profit_usd"),
            figures=figures,
        ),
        *markup.name_columns("reasons", wide=("reasons",), figures=figures),
    ]
    st.html(markup.draw_table("new_calls", "Customers who are new on the list", columns, rows))


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


def _show_trend(days: Sequence[Row]) -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.header("Active customers by tier")
        st.altair_chart(charts.draw_tiers(days[-1]))
        st.html(summary.draw_tier_table(days[-1]))
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

"""The page about campaigns: what each one promised, whom it contacted and held out, and what is known of its worth."""

from collections.abc import Sequence

import streamlit as st

from churn.dashboard import formats, markup
from churn.dashboard.access import Shown, ask_now
from churn.dashboard.glossary import CAMPAIGN_FIGURES
from churn.stores.shown import Row, campaigns

OUTCOMES = {"left": "leaving", "money_usd": "money"}
COUNTS = ("treated_count", "control_count", "sent_count", "waiting_count", "reached_count", "accepted_count")
MONEY = ("contact_cost_usd", "held_out_profit_usd")


def show(shown: Shown) -> None:
    """Shows all campaigns, and the contacts, the verdicts and the newest wave of the chosen one."""
    # Without the cache: waves, contacts and readings change while nothing new is published.
    lines = ask_now(campaigns.read_campaigns)
    if not lines:
        plan = (
            "Write one into the policy file, then run `churn campaign plan NAME`. It says what the campaign can show."
        )
        st.html(markup.say("There is no campaign yet.", plan))
        return
    names = ("campaign_id", "status", "treated_count", "control_count", "enrol_until", "read_on", "leaving_verdict")
    st.html(_draw("campaigns", "Campaigns, the newest first", names, lines, COUNTS))
    chosen = st.selectbox(
        "Campaign", [line["campaign_id"] for line in lines], key="campaign", bind="query-params", filter_mode=None
    )
    line = next(line for line in lines if line["campaign_id"] == chosen)
    _show_contacts(line)
    _show_worth(line)
    _show_wave(line)


def _show_contacts(line: Row) -> None:
    st.header("Contacts")
    cards = (
        markup.Card(name, CAMPAIGN_FIGURES[name], CAMPAIGN_FIGURES[name].form(line[name]))
        for name in (*COUNTS, *(name for name in MONEY if line[name] is not None))
    )
    st.html(markup.draw_cards(cards))
    st.html(markup.note(_tell_contacts(line)))


def _tell_contacts(line: Row) -> str:
    """Returns who is left alone and why, in words."""
    return (
        f"{line['holdout_share']:.0%} of the enrolled customers are held out by a draw. They are in no list of calls "
        "and in no file of contacts while the campaign runs; `reporting.held_out` names them for other systems. "
        f"Leaving counts within {line['window_days']} days after enrolment."
    )


def _show_worth(line: Row) -> None:
    st.header("What it was worth")
    readings = [
        row | {"outcome": OUTCOMES[row["outcome"]]}
        for row in ask_now(campaigns.read_newest_readings, line["campaign_id"])
    ]
    if not readings:
        fact = f"It was not read yet. The agreed day is {formats.tell_day(line['read_on'])}."
        st.html(markup.say(fact, f"`churn campaign read {line['campaign_id']}` reads it."))
        return
    names = (
        *("outcome", "contrast", "verdict", "why", "treated_count", "treated_leavers_count"),
        *("control_count", "control_leavers_count", "reached_share", "as_of_date"),
    )
    counts = ("treated_count", "treated_leavers_count", "control_count", "control_leavers_count", "reached_share")
    st.html(_draw("readings", "The newest verdicts", names, readings, counts, wide=("why",)))
    st.html(markup.note("The counts are of customers whose window is over. Who left is taken from snapshots only."))


def _show_wave(line: Row) -> None:
    st.header("The newest wave")
    if line["last_wave_date"] is None:
        st.html(markup.note(f"No customer is enrolled yet: `churn campaign wave {line['campaign_id']}` enrols them."))
        return
    reasons = ask_now(campaigns.read_exclusions, line["campaign_id"], line["last_wave_date"])
    st.html(_draw("wave", "Active customers by reason", ("reason", "customers_count"), reasons, ("customers_count",)))
    day = formats.tell_day(line["last_wave_date"])
    st.html(markup.note(f"{day}: each active customer counts once, by the first reason that held."))


def _draw(
    name: str,
    caption: str,
    names: tuple[str, ...],
    rows: Sequence[Row],
    numbers: tuple[str, ...],
    wide: tuple[str, ...] = (),
) -> str:
    columns = markup.name_columns(*names, numbers=numbers, wide=wide, figures=CAMPAIGN_FIGURES)
    return markup.draw_table(name, caption, columns, rows)

"""The page about campaigns: what each one promised, whom it contacted and held out, and what is known of its worth."""

from typing import Any

import streamlit as st

from churn.dashboard import formats, markup
from churn.dashboard.access import Shown, ask_now
from churn.dashboard.glossary import Figure
from churn.stores.shown import Row, campaigns

FIGURES: dict[str, Figure] = {
    "campaign_id": Figure("Campaign", "The name of the campaign in the policy file."),
    "status": Figure("Status", "running, or stopped."),
    "treated_count": Figure("To contact", "Customers enrolled to be contacted.", formats.tell_count),
    "control_count": Figure(
        "Held out",
        "Customers of the control group: enrolled by the same rules, and contacted by nobody.",
        formats.tell_count,
    ),
    "sent_count": Figure("Sent", "Contacts that were sent.", formats.tell_count),
    "waiting_count": Figure("Waiting", "Contacts that wait for a seat.", formats.tell_count),
    "reached_count": Figure("Reached", "Customers whom the company spoke to.", formats.tell_count),
    "accepted_count": Figure("Accepted", "Customers who accepted an offer.", formats.tell_count),
    "contact_cost_usd": Figure(
        "Cost of contacts", "The costs that came back with the outcomes of contacts.", formats.tell_usd
    ),
    "held_out_profit_usd": Figure(
        "Price of the control group", "The expected profit of the contacts that it gives up.", formats.tell_usd
    ),
    "enrol_until": Figure("Enrols until", "The last day on which customers are enrolled.", formats.tell_day),
    "read_on": Figure("Read on", "The day that was agreed before the start for the reading.", formats.tell_day),
    "leaving_verdict": Figure("Fewer leave?", "The newest verdict: works, harms, no effect seen, or not known yet."),
    "outcome": Figure("Outcome", "Whether customers left, or the money that was kept."),
    "contrast": Figure("Customers", "All of them, or those of one offer with the control customers for it."),
    "verdict": Figure("Verdict", "What the numbers allow to say."),
    "why": Figure("Why", "The verdict in a sentence."),
    "treated_leavers_count": Figure("Left, to contact", "Leavers of the group to contact.", formats.tell_count),
    "control_leavers_count": Figure("Left, held out", "Leavers of the control group.", formats.tell_count),
    "reached_share": Figure("Share reached", "Customers spoken to, of those to contact.", formats.tell_percent),
    "as_of_date": Figure("As of", "The newest snapshot that the reading knows.", formats.tell_day),
    "reason": Figure("Reason", "enrolled, or the first reason that held against it."),
    "customers_count": Figure("Customers", "Active customers with this reason.", formats.tell_count),
}
"""The figures of this page by column name."""
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
        markup.Card(name, FIGURES[name], FIGURES[name].form(line[name]))
        for name in (*COUNTS, *(name for name in MONEY if line[name] is not None))
    )
    st.html(markup.draw_cards(cards))
    st.html(markup.note(tell_contacts(line)))


def tell_contacts(line: Row) -> str:
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
    rows: list[Any],
    numbers: tuple[str, ...],
    wide: tuple[str, ...] = (),
) -> str:
    columns = markup.name_columns(*names, numbers=numbers, wide=wide, figures=FIGURES)
    return markup.draw_table(name, caption, columns, rows)

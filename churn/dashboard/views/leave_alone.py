"""The page about whom to leave alone: customers whom a contact drives away, and the control groups of campaigns."""

import streamlit as st

from churn.dashboard import formats, markup
from churn.dashboard.access import Shown, ask_now
from churn.dashboard.glossary import LEAVE_ALONE_FIGURES
from churn.stores.shown import campaigns

PROFILE = ("contract", "tenure_band", "internet_service", "payment_method")


def show(shown: Shown) -> None:
    """Shows the groups whom a contact drives away, and how many customers each campaign holds out."""
    st.header("A contact drives them away")
    # Without the cache: a wave or a new campaign changes both lists while nothing new is published.
    groups = ask_now(campaigns.read_left_alone, shown.day)
    if groups:
        names = (*PROFILE, "customers_count", "expected_effect")
        columns = markup.name_columns(
            *names, numbers=("customers_count", "expected_effect"), figures=LEAVE_ALONE_FIGURES
        )
        st.html(markup.draw_table("left_alone", "Groups, the largest first", columns, groups))
        st.html(markup.note("`reporting.leave_alone` names the customers. A draw still gives a few of them a seat."))
    else:
        st.html(
            markup.say(
                f"Nobody is proven to be better left alone on {formats.tell_day(shown.day)}.",
                "That needs a campaign with 5,000 contacted customers and 100 leavers in each group; "
                "`churn campaign read NAME` says what is missing.",
            )
        )
    st.header("A campaign holds them out")
    held_out = ask_now(campaigns.read_held_out, shown.day)
    if not held_out:
        st.html(markup.note("No running campaign holds anybody out."))
        return
    columns = markup.name_columns(
        "campaign_id", "customers_count", numbers=("customers_count",), figures=LEAVE_ALONE_FIGURES
    )
    st.html(markup.draw_table("held_out", "Control groups of running campaigns", columns, held_out))
    st.html(markup.note("`reporting.held_out` names them for other systems. They may be contacted when it ends."))

"""Whom to call: active customers at risk, searched, filtered, sorted and paged by the database."""

from functools import partial

import streamlit as st

from churn.dashboard import markup
from churn.dashboard.access import Shown, ask
from churn.dashboard.glossary import FIGURES
from churn.reporting.exporting import pack
from churn.stores.shown import calls
from churn.stores.shown.calls import SORTABLE, Wanted

PAGE_ROWS = 50
MOST_DOWNLOADED = 200_000
NUMBERS = (
    *("call_rank", "churn_probability", "expected_annual_loss_usd", "revenue_at_risk_usd", "lifetime_value_usd"),
    *("monthly_charges", "total_charges", "tenure_months", "services_count", "price_above_list_usd"),
)
SHEETS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def show(shown: Shown) -> None:
    """Filters, what they come to, the list, downloads of all of it."""
    filters = _ask_wanted(shown)
    total = ask(shown, calls.sum_calls, filters)
    count = total["customers_count"]
    names = ("expected_annual_loss_usd", "revenue_at_risk_usd")
    st.html(
        markup.draw_cards(
            [
                markup.Card("customers_count", FIGURES["at_risk_customers_count"], f"{count:,}"),
                *(markup.Card(name, FIGURES[name], FIGURES[name].form(total[name])) for name in names),
            ]
        )
    )
    if not count:
        st.html(markup.say("Nobody is like that.", "Take a filter away, or search for another number."))
        return
    offset = _ask_page(count)
    rows = ask(shown, calls.read_calls, filters, PAGE_ROWS, offset)
    columns = markup.name_columns(*calls.COLUMNS, numbers=NUMBERS, wide=("reasons", "recommended_action"))
    st.html(markup.draw_table("calls", "Customers to call", columns, rows))
    st.html(markup.note(f"{offset + 1:,} to {offset + len(rows):,} of {count:,} customers."))
    _offer_downloads(shown, filters, count)


def _ask_wanted(shown: Shown) -> Wanted:
    """What the reader wants, kept in the address so that a list can be sent to a colleague."""
    choices = ask(shown, calls.read_choices, shown.day)
    first, second, third = st.columns([2, 1, 1])
    search = first.text_input("Customer number contains", key="search", bind="query-params", max_chars=100)
    order = second.selectbox(
        "Sort by", SORTABLE, format_func=lambda name: FIGURES[name].label, key="sort", bind="query-params"
    )
    falling = third.segmented_control(
        "Order",
        ["Smallest first", "Largest first"],
        default="Smallest first",
        key="order",
        bind="query-params",
        required=True,
    )
    is_filtered = any(st.query_params.get(name) for name in (*calls.ONE_OF, "value"))
    places = st.expander("Filters", expanded=is_filtered).columns(len(calls.ONE_OF) + 1)
    one_of = {
        name: place.multiselect(FIGURES[name].label, choices[name], key=name, bind="query-params", placeholder="All")
        for name, place in zip(calls.ONE_OF, places, strict=False)
    }
    value = places[-1].number_input("Monthly charge from, USD", 0.0, step=10.0, key="value", bind="query-params")
    return Wanted(shown.day, search, one_of, value, order, falling == "Largest first")


def _ask_page(count: int) -> int:
    """Rows before the page that is looked at."""
    pages = -(-count // PAGE_ROWS)
    if pages == 1:
        return 0
    place, _ = st.columns([1, 4])
    page = place.number_input(f"Page, 1 to {pages:,}", 1, pages, key="page")
    return (int(page) - 1) * PAGE_ROWS


def _offer_downloads(shown: Shown, filters: Wanted, count: int) -> None:
    """Everything that matches, in the order shown; no cell of it is a formula."""
    for kind, place in zip(SHEETS, st.columns([1, 1, 3]), strict=False):
        place.download_button(
            f"Download {min(count, MOST_DOWNLOADED):,} rows, {kind.upper()}",
            partial(_pack, shown, filters, kind),
            file_name=f"action-list-{shown.day}.{kind}",
            mime=SHEETS[kind],
            on_click="ignore",
            key=f"download_{kind}",
        )


def _pack(shown: Shown, filters: Wanted, kind: str) -> bytes:
    """The file, made only when somebody asks for it."""
    return pack(ask(shown, calls.read_calls, filters, MOST_DOWNLOADED, 0), kind)

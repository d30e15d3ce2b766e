"""The action list: active customers for whom a contact pays. The database searches, filters, sorts and pages them."""

from functools import partial
from urllib.parse import quote

import streamlit as st

from churn.contracts.action_list import ACTION_LIST, NUMERIC
from churn.contracts.money import name_currency
from churn.dashboard import markup, summary
from churn.dashboard.access import Shown, ask
from churn.dashboard.glossary import FIGURES, find_figures
from churn.reporting.exporting import pack
from churn.stores.shown import Row, calls, marts
from churn.stores.shown.calls import SORTABLE, Wanted

PAGE_ROWS = 50
MOST_DOWNLOADED = 200_000
NUMBERS = tuple(column.name for column in ACTION_LIST if column.unit in NUMERIC)
WIDE = tuple(column.name for column in ACTION_LIST if column.unit == "long_text")
_AT_RISK = "?risk_tier=High&risk_tier=Medium&order=Largest%20first"
LINKS = {
    # Streamlit keeps the label of a choice in the address, not its name.
    "At risk, largest loss first": f"{_AT_RISK}&sort={quote(FIGURES['expected_annual_loss_usd'].label)}",
    "Top 100 at risk by lifetime value": f"{_AT_RISK}&sort={quote(FIGURES['lifetime_value_usd'].label)}&first=100",
}
"""Lists that are one click away, each with its address."""
SHEETS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def show(shown: Shown) -> None:
    """Shows the filters, the sums over the filtered customers, the list and the downloads."""
    (day,) = ask(shown, marts.read_days, shown.day, shown.day)
    has_value = summary.has_value(day)
    filters = _ask_wanted(shown, has_value)
    total = ask(shown, calls.sum_calls, filters)
    count = total.customers_count
    summed = calls.SUMMED if has_value else ()
    listed = FIGURES["listed_customers_count" if has_value else "at_risk_customers_count"]
    st.html(
        markup.draw_cards(
            [
                markup.Card("customers_count", listed, f"{count:,}"),
                *(markup.Card(name, FIGURES[name], FIGURES[name].form(getattr(total, name))) for name in summed),
            ]
        )
    )
    if not count:
        st.html(_say_nobody(filters, day))
        return
    if has_value:
        links = " · ".join(markup.link_here(words, address) for words, address in LINKS.items())
        st.html(f'<p class="note">{links}</p>')
    st.html(markup.note(summary.tell_list(day)))
    if filters.first:
        st.html(f'<div class="band">{markup.draw_pill(f"Only the first {filters.first:,} in this order", True)}</div>')
    offset = _ask_page(count)
    rows = ask(shown, calls.read_calls, filters, min(PAGE_ROWS, count - offset), offset)
    # Without seats in the policy, or a horizon of the label, a column would have a dash in every row.
    columns = markup.name_columns(
        *markup.find_known(calls.COLUMNS, rows), numbers=NUMBERS, wide=WIDE, figures=find_figures(shown.horizon)
    )
    st.html(markup.draw_table("calls", "Customers to call", columns, rows))
    st.html(markup.note(f"{offset + 1:,} to {offset + len(rows):,} of {count:,} customers."))
    _offer_downloads(shown, filters, count)


def _say_nobody(filters: Wanted, day: Row) -> str:
    """The message in place of an empty list: the filters leave nobody, or nobody was on the list to begin with."""
    if filters.search or any(filters.one_of.values()) or filters.monthly_charges_from:
        return markup.say("No customers match these filters.", "Remove a filter, or search for another number.")
    return summary.say_nobody(day)


def _ask_wanted(shown: Shown, has_value: bool) -> Wanted:
    """Returns the choices of the reader. The address of the page has them too, so that a reader can send it on.

    Only columns that the extract has can be filtered: without a value a month, the charge cannot.
    """
    choices = {name: values for name, values in ask(shown, calls.read_choices, shown.day).items() if values}
    first, second, third = st.columns([2, 1, 1])
    search = first.text_input("Customer number contains", key="search", bind="query-params", max_chars=100)
    order = second.selectbox(
        "Sort by", SORTABLE, format_func=lambda name: FIGURES[name].label, key="sort", bind="query-params"
    )
    falling = third.segmented_control(
        "Order",
        ["Smallest first", "Largest first"],  # The tests and saved addresses use these words.
        default="Smallest first",
        key="order",
        bind="query-params",
        required=True,
    )
    is_filtered = any(st.query_params.get(name) for name in (*calls.ONE_OF, "value"))
    places = st.expander("Filters", expanded=is_filtered).columns(len(choices) + 1)
    one_of = {
        name: place.multiselect(FIGURES[name].label, values, key=name, bind="query-params", placeholder="All")
        for (name, values), place in zip(choices.items(), places, strict=False)
    }
    value = 0.0
    if has_value:
        value = places[-1].number_input(
            name_currency("Smallest monthly charge, USD"), 0.0, step=10.0, key="value", bind="query-params"
        )
    most = st.query_params.get("first", "")
    return Wanted(
        shown.day, search, one_of, value, order, falling == "Largest first", int(most) if most.isdecimal() else None
    )


def _ask_page(count: int) -> int:
    """Returns the number of rows before the chosen page."""
    pages = -(-count // PAGE_ROWS)
    if pages == 1:
        return 0
    place, _ = st.columns([1, 4])
    page = place.number_input(f"Page, 1 to {pages:,}", 1, pages, key="page")
    return (int(page) - 1) * PAGE_ROWS


def _offer_downloads(shown: Shown, filters: Wanted, count: int) -> None:
    """Offers all matching rows in the order shown. A spreadsheet evaluates no cell of the file as a formula."""
    for kind, place in zip(SHEETS, st.columns([1, 1, 3]), strict=False):
        place.download_button(
            f"Download {min(count, MOST_DOWNLOADED):,} rows, {kind.upper()}",
            partial(_pack, shown, filters, kind),  # A callable: the file is made on a click, not with every page.
            file_name=f"action-list-{shown.day}.{kind}",
            mime=SHEETS[kind],
            on_click="ignore",  # Without it the whole page runs again after a download.
            key=f"download_{kind}",
        )


def _pack(shown: Shown, filters: Wanted, kind: str) -> bytes:
    """Returns the content of the file."""
    return pack(ask(shown, calls.read_calls, filters, filters.first or MOST_DOWNLOADED, 0), kind)

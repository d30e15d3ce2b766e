"""The calls: active customers for whom a contact pays. The database searches, filters, sorts and pages them."""

from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from churn.contracts.action_list import ACTION_LIST, NUMERIC
from churn.contracts.money import name_currency
from churn.dashboard import markup, queue, summary
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.glossary import FIGURES, find_figures
from churn.intake.declaring import read_declared
from churn.reporting.exporting import pack
from churn.settings import load_settings
from churn.stores.shown import Row, calls, list_changes, marts
from churn.stores.shown.calls import SORTABLE, Wanted

PAGE_ROWS = 50
MOST_DOWNLOADED = 200_000
MOST_FILES = 200
SMALLEST, LARGEST = "Smallest first", "Largest first"
NUMBERS = tuple(column.name for column in ACTION_LIST if column.unit in NUMERIC)
WIDE = tuple(column.name for column in ACTION_LIST if column.unit == "long_text")
FALLING_FIRST = tuple(column.name for column in ACTION_LIST if column.unit in ("share", "usd", "usd_cents"))
"""The columns whose largest value matters most."""
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
    """Shows the filters, the sums over the filtered customers, the queue and the downloads."""
    (day,) = ask(shown, marts.read_days, shown.day, shown.day)
    has_value = summary.has_value(day)
    filters = _ask_wanted(shown, day, has_value)
    total = ask(shown, calls.sum_calls, filters)
    count = total.customers_count
    if not count:
        st.html(_say_nobody(filters, day))
        return
    summed = calls.SUMMED if has_value else ()
    listed = FIGURES[_name_count(filters, has_value)]
    cards = [
        markup.Card("customers_count", listed, f"{count:,}"),
        *(markup.Card(name, FIGURES[name], FIGURES[name].form(getattr(total, name))) for name in summed),
    ]
    st.html(markup.draw_cards(cards, is_compact=True))
    if filters.first:
        st.html(f'<div class="band">{markup.draw_pill(f"Only the first {filters.first:,} in this order", True)}</div>')
    pages = -(-count // PAGE_ROWS)
    offset = PAGE_ROWS * (_find_page(pages) - 1)
    rows = _read(shown, filters, min(PAGE_ROWS, count - offset), offset)
    st.html(markup.draw_table("calls", "Customers to call", _choose_columns(shown, filters, rows), rows, is_tall=True))
    st.html(markup.note(f"{offset + 1:,} to {offset + len(rows):,} of {count:,} customers."))
    _ask_page(pages)
    _offer_downloads(shown, filters, count)
    st.html(markup.note(summary.tell_list(day)))
    if has_value:
        links = " · ".join(markup.link_here(words, address) for words, address in LINKS.items())
        st.html(f'<p class="note">{links}</p>')


def _name_count(filters: Wanted, has_value: bool) -> str:
    """Returns the figure that counts the customers of the queue."""
    if filters.is_cut:
        return "within_seats_count"
    return "listed_customers_count" if has_value else "at_risk_customers_count"


def _read(
    shown: Shown, filters: Wanted, limit: int, offset: int, columns: tuple[str, ...] = calls.COLUMNS
) -> list[Row]:
    """Returns a part of the queue, with what an agent needs."""
    rows = ask(shown, calls.read_calls, filters, limit, offset, columns)
    customers = [row["customer_id"] for row in rows]
    # Without the cache: contacts come back while nothing new is published.
    contacts = ask_now(list_changes.read_last_contacts, customers)
    before = shown.before["prediction_date"] if shown.before else None
    listed = ask(shown, list_changes.find_listed, before, tuple(customers)) if before else None
    return queue.describe_calls(rows, contacts, listed, read_declared(load_settings()))


def _choose_columns(shown: Shown, filters: Wanted, rows: list[Row]) -> list[markup.Column]:
    """Returns the columns that matter, or all of them; each heading that sorts is a link that does."""
    # Without seats in the policy, or a horizon of the label, a column would have a dash in every row.
    names, figures = markup.find_known(calls.COLUMNS, rows), find_figures(shown.horizon)
    if st.session_state.get("all_columns"):
        columns = markup.name_columns(*names, numbers=NUMBERS, wide=WIDE, figures=figures)
        return [_sortable(queue.mark_new(column), filters) for column in columns]
    return [_sortable(column, filters) for column in queue.list_columns(names, NUMBERS, figures)]


def _sortable(column: markup.Column, filters: Wanted) -> markup.Column:
    """Returns the column with a heading that sorts by it: the most useful direction first, then the other one."""
    if column.name not in SORTABLE:
        return column
    is_falling = (not filters.descending) if column.name == filters.order_by else column.name in FALLING_FIRST
    others = {name: st.query_params.get_all(name) for name in st.query_params if name not in ("sort", "order", "page")}
    chosen = {"sort": FIGURES[column.name].label, "order": LARGEST if is_falling else SMALLEST}
    return replace(column, address=f"?{urlencode(others | chosen, doseq=True)}")


def _say_nobody(filters: Wanted, day: Row) -> str:
    """The message in place of an empty list: the filters leave nobody, or nobody was on the list to begin with."""
    if not day["listed_customers_count"]:
        return summary.say_nobody(day)
    if filters.is_cut and not day["within_seats_count"]:
        return markup.say("The policy has no seat today.", "Choose Everybody, or raise the seats of the policy.")
    if filters.new_since and not (filters.search or any(filters.one_of.values())):
        return markup.say(f"Nobody is new on the list since {filters.new_since}.", "Switch off Only new.")
    return markup.say("No customers match these filters.", "Remove a filter, or search for another number.")


def _ask_wanted(shown: Shown, day: Row, has_value: bool) -> Wanted:
    """Returns the choices of the reader. The address of the page has them too, so that a reader can send it on."""
    first, second, third, fourth = st.columns([3, 2, 3, 3], vertical_alignment="bottom")
    search = first.text_input("Customer number contains", key="search", bind="query-params", max_chars=100)
    order = second.selectbox(
        "Sort by", SORTABLE, format_func=lambda name: FIGURES[name].label, key="sort", bind="query-params"
    )
    falling = third.segmented_control(
        "Order",
        [SMALLEST, LARGEST],  # The tests and saved addresses use these words.
        default=SMALLEST,
        key="order",
        bind="query-params",
        required=True,
    )
    is_cut, is_new = _ask_cut(fourth, shown, day)
    one_of, value = _ask_filters(shown, has_value)
    most = st.query_params.get("first", "")
    return Wanted(
        shown.day,
        search,
        one_of,
        value,
        order,
        falling == LARGEST,
        int(most) if most.isdecimal() else None,
        is_cut,
        shown.before["prediction_date"] if is_new and shown.before else None,
    )


def _ask_cut(place: DeltaGenerator, shown: Shown, day: Row) -> tuple[bool, bool]:
    """Returns whether only the calls within the seats are wanted, and only those that are new."""
    with place.container(horizontal=True):
        is_cut = False
        if day["seats_count"] is not None:
            words = f"Within the {day['seats_count']:,} seats"
            is_cut = st.checkbox(words, value=True, key="seats", bind="query-params")
        is_new = st.checkbox("Only new", key="new", bind="query-params", disabled=shown.before is None)
        st.checkbox("All columns", key="all_columns", bind="query-params")
    return is_cut, is_new


def _ask_filters(shown: Shown, has_value: bool) -> tuple[dict[str, list[str]], float]:
    """Returns the chosen words of each column that the extract has, and the smallest monthly charge."""
    choices = {name: values for name, values in ask(shown, calls.read_choices, shown.day).items() if values}
    places = st.columns(len(choices) + 1)
    one_of = {
        name: place.multiselect(FIGURES[name].label, values, key=name, bind="query-params", placeholder="All")
        for (name, values), place in zip(choices.items(), places, strict=False)
    }
    value = 0.0
    if has_value:
        words = name_currency("Smallest charge, USD")
        value = places[-1].number_input(words, 0.0, step=10.0, key="value", bind="query-params")
    return one_of, value


def _find_page(pages: int) -> int:
    """Returns the chosen page, as far as the list has it."""
    return min(max(int(st.session_state.get("page", 1)), 1), pages)


def _ask_page(pages: int) -> None:
    if pages > 1:
        place, _ = st.columns([1, 4])
        place.number_input(f"Page, 1 to {pages:,}", 1, pages, key="page")


def _offer_downloads(shown: Shown, filters: Wanted, count: int) -> None:
    """Offers all matching rows in the order shown. A spreadsheet evaluates no cell of the file as a formula."""
    *places, files_place, split_place = st.columns([2, 2, 1, 2, 2], vertical_alignment="bottom")
    for kind, place in zip(SHEETS, places, strict=False):
        place.download_button(
            f"Download {min(count, MOST_DOWNLOADED):,} rows, {kind.upper()}",
            partial(_pack, shown, filters, kind),  # A callable: the file is made on a click, not with every page.
            file_name=f"calls-{shown.day}.{kind}",
            mime=SHEETS[kind],
            on_click="ignore",  # Without it the whole page runs again after a download.
            key=f"download_{kind}",
        )
    files = files_place.number_input("Split into files", 2, MOST_FILES, 8, key="files")
    split_place.download_button(
        f"Download {files} files, ZIP",
        partial(_split, shown, filters, files),
        file_name=f"calls-{shown.day}-{files}-files.zip",
        mime="application/zip",
        on_click="ignore",
        key="download_zip",
    )


def _read_all(shown: Shown, filters: Wanted) -> list[Row]:
    columns = (*calls.SAID_IN_FILES, *calls.COLUMNS)
    rows = _read(shown, filters, filters.first or MOST_DOWNLOADED, 0, columns)
    return [{name: row[name] for name in (*columns, *queue.ADDED)} for row in rows]


def _pack(shown: Shown, filters: Wanted, kind: str) -> bytes:
    """Returns the content of the file."""
    return pack(_read_all(shown, filters), kind)


def _split(shown: Shown, filters: Wanted, files: int) -> bytes:
    """Returns the calls as one file for each agent."""
    return queue.split_calls(_read_all(shown, filters), files, shown.day)

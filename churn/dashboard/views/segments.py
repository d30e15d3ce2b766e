"""The page about segments: customers who are alike, and risk and money by contract, tenure, internet, payment, age.

A heat map filters the latter.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import streamlit as st

from churn.dashboard import charts, markup
from churn.dashboard.access import Shown, ask
from churn.dashboard.glossary import (
    DIMENSIONS,
    FIGURES,
    REASON_FIGURES,
    SEGMENT_FIGURES,
    Figure,
    describe_dimension,
    find_figures,
)
from churn.dashboard.segmentation import add_up, filter_profiles
from churn.stores.shown import Row, leaving_reasons, marts
from churn.stores.shown import segments as alike

NUMBERS = (
    *("active_customers_count", "at_risk_customers_count", "at_risk_rate", "average_churn_probability"),
    "revenue_at_risk_usd",
)
VERDICTS = {
    "told": "The columns tell the reason in part: the page of a customer shows its probabilities.",
    "not told": "The reasons cannot be read from these columns: on leavers that it had not seen, a model does no "
    "better than the shares above.",
    "too few": "Too few leavers stated a reason for a model of it.",
}
LOSSES = ("expected_loss_12m_usd", "expected_annual_loss_usd")
"""The loss within 12 months stands first, on dates that have it."""


def show(shown: Shown) -> None:
    """Shows the heat map, the filters, one table for each dimension that the extract has, and who is alike."""
    _show_dimensions(shown)
    _show_alike(ask(shown, alike.read_segments, shown.day))
    _show_stated(ask(shown, leaving_reasons.read_stated_reasons))


def _show_stated(rows: list[Row]) -> None:
    """Shows why customers left by their own words, if any did say it, and whether the columns tell it beforehand."""
    if not rows:
        return
    st.header("Why customers left")
    names = ("reason_group", "reason", "leavers_count", "leavers_share")
    columns = markup.name_columns(*names, numbers=names[2:], wide=("reason",), figures=REASON_FIGURES)
    st.html(markup.draw_table("stated", "Reasons that leavers stated", columns, rows))
    st.html(markup.note(f"{VERDICTS[rows[0]['verdict']]} `churn reasons` prints the figures."))


def _show_alike(rows: list[Row]) -> None:
    """Shows the segments of customers who are alike in all their features."""
    st.header("Customers who are alike")
    if not rows:
        st.html(markup.say("This date has no such segments yet.", "The next training makes them."))
        return
    numbers = ("active_customers_count", "active_share", "at_risk_customers_count", "average_churn_probability")
    money = [name for name in ("expected_annual_loss_usd",) if rows[0][name] is not None]
    names = ("segment_number", "segment_name", *numbers, *money, "strongest_features")
    columns = markup.name_columns(
        *names, numbers=(*numbers, *money), wide=("segment_name", "strongest_features"), figures=SEGMENT_FIGURES
    )
    st.html(markup.draw_table("alike", "Segments of customers who are alike", columns, rows))
    st.html(
        markup.note(
            f"Clustered by all features of the customers of {rows[0]['segmented_on']}. Segments from random halves of "
            f"them agree by {rows[0]['stability']:.2f}, where 0 is chance and 1 is the same segments."
        )
    )


def _show_dimensions(shown: Shown) -> None:
    profiles = ask(shown, marts.read_profiles, shown.day)
    present = {row["dimension"] for row in ask(shown, marts.read_mix, shown.day, shown.day)}
    dimensions = [name for name in DIMENSIONS if name in present]
    declared = ask(shown, marts.read_declared_segments, shown.day, DIMENSIONS)
    if not dimensions and not declared:
        words = "The extract has no column that divides customers here."
        st.html(markup.say(words, "Write segment = true at a column of the declaration."))
        return
    if dimensions:
        _show_shipped(shown, profiles, dimensions, has_heat={"contract", "tenure_band"} <= present)
    _show_declared(shown, declared)


def _show_declared(shown: Shown, rows: list[Row]) -> None:
    """Shows one table for each column that the company declares as a segment: all its customers, without filters."""
    figures = find_figures(shown.horizon)
    for dimension, words in groupby(rows, key=lambda row: str(row["dimension"])):
        each = list(words)
        losses = [name for name in LOSSES if any(row[name] is not None for row in each)]
        each.sort(key=lambda row: -(row[losses[0] if losses else "at_risk_customers_count"] or 0))
        named: list[Row] = [dict(row) | {dimension: row["segment"]} for row in each]
        label = describe_dimension(dimension).label
        st.header(label)
        st.html(markup.draw_table(dimension, f"Figures by {label}", _columns(dimension, named, losses, figures), named))


def _show_shipped(shown: Shown, profiles: list[Row], dimensions: list[str], *, has_heat: bool) -> None:
    """Shows the heat map, the filters, and one table for each dimension of the public sample."""
    picked = _ask_heat(profiles) if has_heat else []
    one_of = _ask_filters(profiles, dimensions)
    if picked:
        st.html(f'<div class="band">{"".join(_tell(cell) for cell in picked)}</div>')
        profiles = [row for row in profiles if any(row.items() >= cell.items() for cell in picked)]
    chosen = filter_profiles(profiles, one_of)
    if not chosen:
        st.html(markup.say("No customers match these filters.", "Remove a filter."))
        return
    (total,) = add_up([dict(row) | {"all": "all"} for row in chosen], ("all",))
    figures = find_figures(shown.horizon)
    losses = [name for name in LOSSES if total[name] is not None]
    names = [name for name in (*NUMBERS, *losses) if total[name] is not None]
    st.html(markup.draw_cards(markup.Card(name, figures[name], figures[name].form(total[name])) for name in names))
    for dimension in dimensions:
        st.header(FIGURES[dimension].label)
        rows = add_up(chosen, (dimension,))
        if dimension != "tenure_band":  # Tenure bands stay in the order of their months.
            rows.sort(key=lambda row: -row[losses[0] if losses else "at_risk_customers_count"])
        columns = _columns(dimension, rows, losses, figures)
        st.html(markup.draw_table(dimension, f"Figures by {FIGURES[dimension].label}", columns, rows))


def _ask_heat(profiles: list[Row]) -> list[dict[str, str]]:
    """Shows the heat map and returns the chosen fields; none means all customers."""
    st.header("Share at risk by contract and tenure")
    cells = add_up(profiles, ("contract", "tenure_band"))
    event: Any = st.altair_chart(charts.draw_heat(cells, "picked"), on_select="rerun", key="heat")
    st.html(markup.note("Click a field to see only its customers. Click beside the fields to see all customers again."))
    picked: list[dict[str, str]] = event.selection.get("picked", [])  # The page runs again after each click.
    return picked


def _tell(picked: dict[str, str]) -> str:
    return markup.draw_pill(f"Only {picked['contract']}, {picked['tenure_band']} months", True)


def _ask_filters(profiles: list[Row], dimensions: list[str]) -> dict[str, list[str]]:
    """Returns the chosen values of each dimension. The address of the page has them too, so a reader can send it on."""
    filters = {}
    is_filtered = any(st.query_params.get(dimension) for dimension in dimensions)
    places = st.expander("Filters", expanded=is_filtered).columns(len(dimensions))
    for dimension, place in zip(dimensions, places, strict=True):
        values = sorted({row[dimension] for row in profiles})
        filters[dimension] = place.multiselect(
            FIGURES[dimension].label, values, key=dimension, bind="query-params", placeholder="All"
        )
    return filters


def _columns(dimension: str, rows: list[Row], losses: list[str], figures: Mapping[str, Figure]) -> list[markup.Column]:
    """Returns the columns. The first loss has a bar, as long as its share of the largest one.

    Without a value a month the customers at risk have it, and there is no money.
    """
    numbers = markup.find_known(NUMBERS, rows)
    main, others = (losses[0], losses[1:]) if losses else ("at_risk_customers_count", [])
    most = max(row[main] for row in rows) or 1.0

    def draw_loss(row: Row) -> str:
        return markup.draw_bar(figures[main].form(row[main]), row[main] / most)

    return [
        markup.Column(dimension, describe_dimension(dimension)),
        *markup.name_columns(*(name for name in numbers if name != main), numbers=numbers, figures=figures),
        markup.Column(main, figures[main], draw_loss, is_number=True),
        *markup.name_columns(*others, numbers=others, figures=figures),
    ]

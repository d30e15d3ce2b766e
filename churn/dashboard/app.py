"""The web app: its pages, and the band above each page. `churn dashboard` runs this file."""

from collections.abc import Callable

import streamlit as st

from churn.contracts.horizons import tell_horizon
from churn.contracts.money import use_currency
from churn.dashboard import markup, palette, summary
from churn.dashboard.access import Shown, choose_dates, find_shown
from churn.dashboard.formats import tell_day
from churn.dashboard.views import actions, campaigns, customer, data, health, leave_alone, model, segments, today, trend
from churn.errors import ChurnError

# Path and title of each page, in the order of the menu.
PAGES: dict[str, tuple[str, Callable[[Shown], None]]] = {
    "today": ("Today", today.show),
    "calls": ("Calls", actions.show),
    "segments": ("Segments", segments.show),
    "trend": ("Trend", trend.show),
    "customer": ("Customer", customer.show),
    "campaigns": ("Campaigns", campaigns.show),
    "leave-alone": ("Leave alone", leave_alone.show),
    "health": ("Health", health.show),
    "model": ("Model and data", model.show),
    "data": ("Data", data.show),
}
TOGETHER = {
    "campaigns": {"campaigns": "Campaigns", "leave-alone": "Leave alone"},
    "segments": {"segments": "By segment", "trend": "Trend"},
    "model": {"model": "Model", "data": "Data"},
}
"""Pages that share an entry of the menu, by the page that the entry opens; each has a link to the others."""
FIRST = "today"


FOOT = (
    '<p class="note foot">Every figure is a column of the schema <code>reporting</code>. Point at a label to see its '
    "definition.</p>"
)


def main() -> None:
    """Shows the page that the address names."""
    st.set_page_config(page_title="Churn", page_icon=palette.ICON, layout="wide")
    st.html(palette.STYLE)
    pages = [
        st.Page(
            _guard(path, title, show),
            title=title,
            url_path=path,
            default=path == FIRST,
            visibility="hidden" if _find_entry(path) not in (None, path) else "visible",
        )
        for path, (title, show) in PAGES.items()
    ]
    st.navigation(pages, position="top").run()


def _find_entry(path: str) -> str | None:
    """Returns the page whose entry of the menu a page shares; None if it has its own."""
    return next((entry for entry, pages in TOGETHER.items() if path in pages), None)


def _guard(path: str, title: str, show: Callable[[Shown], None]) -> Callable[[], None]:
    """Returns a function that shows the page, or in its place the error and the next step."""

    def run() -> None:
        head, day_place, before_place = st.columns([6, 2, 2], vertical_alignment="bottom")
        head.title(title)
        try:
            if (entry := _find_entry(path)) is not None:
                head.html(markup.draw_tabs(TOGETHER[entry], path))
            shown = choose_dates(find_shown(), day_place, before_place)
            use_currency(shown.latest["currency"])
            head.html(_draw_band(shown))
            show(shown)
            st.html(FOOT)
        except ChurnError as error:
            # The terminal prints a next step after "next:"; here it is a sentence of its own.
            st.html(markup.say(error.fact, error.next_step[:1].upper() + error.next_step[1:]))

    return run


def _draw_band(shown: Shown) -> str:
    """Returns the date and the warnings above each page."""
    warnings = summary.tell_marks(shown.latest) + summary.tell_withdrawn(shown.publications, shown.day)
    marks = "".join(markup.draw_pill(mark, True) for mark in warnings)
    day = f'<strong data-figure="prediction_date">As of {tell_day(shown.day)}</strong>'
    horizon = f"Probabilities: leaving {tell_horizon(shown.horizon)}"
    return f'<div class="band">{day}<span>{horizon}</span>{marks}</div>'


if __name__ == "__main__":
    main()

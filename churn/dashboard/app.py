"""The web app: its pages, and the band above each page. `churn dashboard` runs this file."""

from collections.abc import Callable

import streamlit as st

from churn.contracts.horizons import tell_horizon
from churn.contracts.money import use_currency
from churn.dashboard import markup, palette, summary
from churn.dashboard.access import Shown, find_shown
from churn.dashboard.formats import tell_day
from churn.dashboard.views import actions, campaigns, customer, data, health, model, overview, segments, trend
from churn.errors import ChurnError

# Path and title of each page, in the order of the menu.
PAGES: dict[str, tuple[str, Callable[[Shown], None]]] = {
    "overview": ("Overview", overview.show),
    "calls": ("Action list", actions.show),
    "campaigns": ("Campaigns", campaigns.show),
    "segments": ("Segments", segments.show),
    "trend": ("Trend", trend.show),
    "customer": ("Customer", customer.show),
    "health": ("Health", health.show),
    "model": ("Model", model.show),
    "data": ("Data", data.show),
}


FOOT = (
    '<p class="note foot">Every figure is a column of the schema <code>reporting</code>. Point at a label to see its '
    "definition.</p>"
)


def main() -> None:
    """Shows the page that the address names."""
    st.set_page_config(page_title="Churn", page_icon=palette.ICON, layout="wide")
    st.html(palette.STYLE)
    pages = [
        st.Page(_guard(title, show), title=title, url_path=path, default=path == "overview")
        for path, (title, show) in PAGES.items()
    ]
    st.navigation(pages, position="top").run()


def _guard(title: str, show: Callable[[Shown], None]) -> Callable[[], None]:
    """Returns a function that shows the page, or in its place the error and the next step."""

    def run() -> None:
        st.title(title)
        try:
            shown = find_shown()
            use_currency(shown.latest["currency"])
            _show_band(shown)
            show(shown)
            st.html(FOOT)
        except ChurnError as error:
            # The terminal prints a next step after "next:"; here it is a sentence of its own.
            st.html(markup.say(error.fact, error.next_step[:1].upper() + error.next_step[1:]))

    return run


def _show_band(shown: Shown) -> None:
    warnings = summary.tell_marks(shown.latest) + summary.tell_withdrawn(shown.publications, shown.day)
    marks = "".join(markup.draw_pill(mark, True) for mark in warnings)
    day = f'<strong data-figure="prediction_date">As of {tell_day(shown.day)}</strong>'
    horizon = f"Probabilities: leaving {tell_horizon(shown.horizon)}"
    st.html(f'<div class="band">{day}<span>{horizon}</span>{marks}</div>')


if __name__ == "__main__":
    main()

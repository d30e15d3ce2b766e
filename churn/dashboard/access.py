"""Asks the database for a page, and caches the answers until something new is published.

The time of the last publication is part of the cache key. So a page shows a new or a corrected day at once, and twenty
readers of the same page cost one query.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from churn.errors import NotThere
from churn.settings import load_settings
from churn.stores.postgres.readers import reading
from churn.stores.shown import Row, marts

MOST_ANSWERS = 400


@dataclass(frozen=True)
class Shown:
    """The publications that pages can show.

    Attributes:
        publications: all scored dates, also the staged ones, the latest first.
        latest: the publication that the pages show: the latest one, unless the reader chose another.
        stamp: a text that changes when a date is published or withdrawn.
        before: the publication that it is compared with; None if no earlier extract is published.
    """

    publications: list[Row]
    latest: Row
    stamp: str
    before: Row | None = None

    @property
    def day(self) -> date:
        """The date whose figures the pages show."""
        latest_day: date = self.latest["prediction_date"]
        return latest_day

    @property
    def horizon(self) -> str | None:
        """Within which time customers leave by the scores of that date; None for the month that the extract covers."""
        latest_horizon: str | None = self.latest["horizon"]
        return latest_horizon


def find_shown() -> Shown:
    """Returns the current publications.

    Raises:
        Unavailable: the database did not answer.
        NotThere: no run has used the database yet, or no date is published.
    """
    publications = ask_now(marts.read_publications)
    published = [publication for publication in publications if publication["status"] == "published"]
    if not published:
        raise NotThere("No date is published yet.", "run `churn run --source FILE`, or `churn run` to try the product.")
    newest = max(publication["published_at"] for publication in published)
    shown = Shown(publications, published[0], f"{newest.isoformat()} {len(published)}")
    return replace(shown, before=next(iter(list_earlier(shown)), None))


def list_published(shown: Shown) -> list[Row]:
    """Returns the published dates, the latest first."""
    return [publication for publication in shown.publications if publication["status"] == "published"]


def list_earlier(shown: Shown) -> list[Row]:
    """Returns the published dates before the shown one that have an extract of their own, the latest first.

    A date that was rewound from a later extract has the same customers: a difference from it would say nothing.
    """
    return [
        publication
        for publication in list_published(shown)
        if publication["prediction_date"] < shown.day and publication["basis"] != "reconstructed"
    ]


def choose_dates(shown: Shown, day_place: DeltaGenerator, before_place: DeltaGenerator) -> Shown:
    """Asks which date is shown and with which it is compared. The address of the page has both choices."""
    by_day = {str(publication["prediction_date"]): publication for publication in list_published(shown)}
    chosen = day_place.selectbox("Date", list(by_day), key="date", bind="query-params", filter_mode=None)
    shown = replace(shown, latest=by_day[str(chosen)])
    earlier = {str(publication["prediction_date"]): publication for publication in list_earlier(shown)}
    if not earlier:
        before_place.selectbox("Compared with", ["no earlier extract"], key="no_other", filter_mode=None)
        return replace(shown, before=None)
    other = before_place.selectbox("Compared with", list(earlier), key="with", bind="query-params", filter_mode=None)
    return replace(shown, before=earlier[str(other)])


def ask_now(question: Callable[..., Any], *arguments: Any) -> Any:
    """Returns the answer of a function of the stores, without the cache."""
    with reading(load_settings()) as connection:
        return question(connection, *arguments)


def ask(shown: Shown, question: Callable[..., Any], *arguments: Any) -> Any:
    """Returns the answer of a function of the stores, from the cache as long as nothing new is published."""
    return _remembered(shown.stamp, question.__qualname__, arguments, question)


# Streamlit leaves an argument with a leading underscore out of the cache key, since a function cannot be hashed. `name`
# takes its place in the key.
@st.cache_data(max_entries=MOST_ANSWERS, show_spinner=False)
def _remembered(stamp: str, name: str, arguments: tuple[Any, ...], _question: Callable[..., Any]) -> Any:
    return ask_now(_question, *arguments)

"""Asks the database for a page, and caches the answers until something new is published.

The time of the last publication is part of the cache key. So a page shows a new or a corrected day at once, and twenty
readers of the same page cost one query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

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
        latest: the latest published date.
        stamp: a text that changes when a date is published or withdrawn.
    """

    publications: list[Row]
    latest: Row
    stamp: str

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
    return Shown(publications, published[0], f"{newest.isoformat()} {len(published)}")


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

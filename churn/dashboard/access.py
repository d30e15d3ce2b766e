"""What a page asks of the database, remembered until something new is published.

Answers are kept under the moment of the last publication: a new day, or a corrected one, is seen at once, and twenty
readers of the same page ask the database once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from churn.errors import NotThere
from churn.settings import load_settings
from churn.stores.postgres.readers import reading
from churn.stores.shown import marts

MOST_ANSWERS = 400

Row = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """What there is to look at.

    Attributes:
        publications: scored dates, the latest first; staged ones too.
        latest: the latest published one.
        stamp: changes when anything is published or withdrawn.
    """

    publications: list[Row]
    latest: Row
    stamp: str

    @property
    def day(self) -> date:
        """The date whose figures are shown."""
        latest_day: date = self.latest["prediction_date"]
        return latest_day


def find_shown() -> Shown:
    """Returns what is published now.

    Raises:
        Unavailable: the database did not answer.
        NotThere: nothing was run, or nothing is published.
    """
    publications = ask_now(marts.read_publications)
    published = [publication for publication in publications if publication["status"] == "published"]
    if not published:
        raise NotThere("No day is published yet.", "run `churn run --source FILE`, or `churn run` to try it out.")
    newest = max(publication["published_at"] for publication in published)
    return Shown(publications, published[0], f"{newest.isoformat()} {len(published)}")


def ask_now(question: Callable[..., Any], *arguments: Any) -> Any:
    """The answer of a function of the stores, as the database gives it now."""
    with reading(load_settings()) as connection:
        return question(connection, *arguments)


def ask(shown: Shown, question: Callable[..., Any], *arguments: Any) -> Any:
    """The answer of a function of the stores, which holds as long as nothing new is published."""
    return _remembered(shown.stamp, question.__qualname__, arguments, question)


@st.cache_data(max_entries=MOST_ANSWERS, show_spinner=False)
def _remembered(stamp: str, name: str, arguments: tuple[Any, ...], _question: Callable[..., Any]) -> Any:
    return ask_now(_question, *arguments)

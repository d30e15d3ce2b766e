"""The append-only ledger of notes: what happened on a day, in the words of a person."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.errors import WrongUsage
from churn.stores.postgres.note_tables import notes

MOST_LETTERS = 60
"""A note stands in a chart: a longer text would not be read there."""


def record_note(engine: Engine, on_date: date, text: str, person: str) -> None:
    """Records a note about a day.

    Raises:
        WrongUsage: the text is empty or too long for a chart.
    """
    words = " ".join(text.split())
    if not 0 < len(words) <= MOST_LETTERS:
        raise WrongUsage(
            f"The note has {len(words)} letters; a chart has room for 1 to {MOST_LETTERS}.", "write it shorter."
        )
    with engine.begin() as connection:
        connection.execute(sa.insert(notes).values(on_date=on_date, text=words, person=person))

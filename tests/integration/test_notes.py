"""What people write down about a day stands in the charts and beside the headline."""

from datetime import timedelta

import pytest

from churn.dashboard.headline import tell_notes
from churn.errors import WrongUsage
from churn.settings import Settings
from churn.stores.ledgers.notes import record_note
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.readers import reading
from churn.stores.shown.notes import read_notes
from tests.conftest import DAY


def test_a_note_is_read_by_the_pages(published: Settings) -> None:
    record_note(open_engine(published), DAY, " prices rise\nby 6% ", "ada")
    with reading(published) as connection:
        notes = read_notes(connection, DAY - timedelta(days=6), DAY)
        assert read_notes(connection, DAY + timedelta(days=1), DAY + timedelta(days=9)) == []

    assert notes == [{"on_date": DAY, "text": "prices rise by 6%"}]
    assert tell_notes(notes) == f"Noted: prices rise by 6% ({DAY})."
    assert tell_notes([]) == ""


@pytest.mark.parametrize("text", ["", "  ", "x" * 61])
def test_a_note_that_no_chart_can_show_is_refused(published: Settings, text: str) -> None:
    with pytest.raises(WrongUsage, match="a chart has room for 1 to 60"):
        record_note(open_engine(published), DAY, text, "ada")

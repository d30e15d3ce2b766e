"""Another system reads whom to contact, and inserts what came of it: it can do nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from churn.settings import Settings
from churn.stores.postgres.database import open_engine
from tests.conftest import DAY
from tests.support.campaigns import campaign, run
from tests.support.days import ask, execute
from tests.support.telecoms import Telecoms


@pytest.fixture(scope="module")
def shown(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A campaign whose contacts another system reads from the view."""
    with campaign(telecoms, tmp_path_factory.mktemp("shown"), "view", "call", "https://crm.example/x") as settings:
        # Contacts expire after 14 days, and DAY lies further back than that.
        execute(settings, "UPDATE ops.contacts SET expires_on = current_date + 14")
        run("campaign", "send", "view", "--on", str(DAY))
        yield settings


@contextmanager
def as_crm(settings: Settings) -> Iterator[sa.Connection]:
    """A connection with the rights of the system that calls customers."""
    with open_engine(settings).connect() as connection:
        connection.execute(sa.text("SET LOCAL ROLE churn_crm"))
        yield connection


def test_another_system_reads_whom_to_contact_and_nobody_of_the_control_group(shown: Settings) -> None:
    with as_crm(shown) as connection:
        rows = connection.execute(sa.text("SELECT * FROM reporting.contact_list ORDER BY priority_rank")).mappings()
        listed = list(rows)
    control = {row[0] for row in ask(shown, "SELECT customer_id FROM ops.assignments WHERE arm = 'control'")}

    assert 0 < len(listed) <= 20
    assert not {row["customer_id"] for row in listed} & control
    assert not {"churn_probability", "arm", "draw"} & set(listed[0])


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM landing.contact_events",
        "UPDATE landing.contact_events SET event = 'accepted'",
        "DELETE FROM landing.contact_events",
        "INSERT INTO landing.contact_events (contact_id, event, taken_in_at) VALUES ('k', 'x', now())",
        "SELECT * FROM reporting.customer_scores",
        "SELECT * FROM ops.assignments",
    ],
)
def test_the_calling_system_may_only_insert(shown: Settings, statement: str) -> None:
    with as_crm(shown) as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(sa.text(statement))


def test_a_time_without_its_offset_is_refused_at_the_door(shown: Settings) -> None:
    with as_crm(shown) as connection, pytest.raises(DBAPIError, match="occurred_at_has_its_offset"):
        connection.execute(sa.text("INSERT INTO landing.contact_events (contact_id, event, occurred_at) "
                                   "VALUES ('k', 'reached', '2026-02-01 10:00')"))  # fmt: skip


def test_inserted_events_are_taken_in_once_and_a_wrong_row_holds_up_no_other(shown: Settings) -> None:
    first, second = ask(shown, "SELECT contact_id, customer_id FROM reporting.contact_list ORDER BY priority_rank")[:2]
    when = f"{DAY}T15:00:00+01:00"
    with as_crm(shown) as connection:
        insert = sa.text(
            "INSERT INTO landing.contact_events (contact_id, event, occurred_at, cost_usd) VALUES (:id, :event, :at, 2)"
        )
        for contact, event in ((first[0], "OK"), (second[0], "do_not_contact"), ("nobody", "OK"), (first[0], "odd")):
            connection.execute(insert, {"id": contact, "event": event, "at": when})
        connection.commit()

    taken = run("campaign", "take-back")
    again = run("campaign", "take-back")
    listed = dict(ask(shown, "SELECT customer_id, state FROM reporting.contact_list"))
    aside = [row[0] for row in ask(shown, "SELECT refused_why FROM landing.contact_events ORDER BY row_id")]

    assert "2 new events, 0 recorded before; 1 customer asked not to be contacted; 2 rows set aside" in taken
    assert "0 new events, 0 recorded before" in again
    assert listed[first[1]] == "accepted"
    assert second[1] not in listed
    assert aside[:2] == [None, None]
    assert "names a contact that does not exist" in aside[2]
    assert "has the event 'odd', which is not known" in aside[3]

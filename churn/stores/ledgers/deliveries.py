"""The ledger of deliveries: which contacts were sent when, and what came back for them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert

from churn.contracts.campaigns import Event
from churn.stores.postgres.campaign_tables import contact_events, contacts
from churn.stores.postgres.copying import read_batches

_COLUMNS = """
    SELECT c.contact_id, c.campaign_id, c.customer_id, c.wave_date, c.expires_on, a.channel, c.priority_rank,
        a.offer_id, c.offer_worth_usd, c.say_why, a.monthly_charges, a.prediction_date, a.model_version, p.policy_sha256
    FROM ops.contacts AS c
    JOIN ops.assignments AS a USING (campaign_id, customer_id)
    JOIN ops.campaigns AS p USING (campaign_id)
"""
_CONTACT_LIST = f"""
    {_COLUMNS} WHERE c.campaign_id = $1 AND c.sent_on = $2 AND a.channel = $3 AND a.arm = 'treatment'
    ORDER BY c.wave_date, c.priority_rank
"""
_WAITING = """
    SELECT c.contact_id, c.customer_id FROM ops.contacts AS c JOIN ops.assignments AS a USING (campaign_id, customer_id)
    WHERE c.campaign_id = $1 AND a.channel = $2 AND c.sent_on IS NULL AND c.expires_on >= $3
    ORDER BY c.wave_date, c.priority_rank
"""
_SENT_TODAY = """
    SELECT count(*) FROM ops.contacts AS c JOIN ops.assignments AS a USING (campaign_id, customer_id)
    WHERE a.channel = :channel AND c.sent_on = :day
"""


def read_waiting(engine: Engine, campaign_id: str, channel: str, on: date) -> pl.DataFrame:
    """Returns contact_id and customer_id of the contacts that wait for a seat, those that waited longest first."""
    return pl.concat(read_batches(engine, _WAITING, [campaign_id, channel, on]))


def count_sent(engine: Engine, channel: str, on: date) -> int:
    """Returns how many contacts of a channel are sent on a day, over all campaigns."""
    with engine.connect() as connection:
        return int(connection.execute(sa.text(_SENT_TODAY), {"channel": channel, "day": on}).scalar_one())


def mark_sent(connection: Connection, contact_ids: Sequence[str], on: date, at: datetime, destination: str) -> int:
    """Marks contacts as sent, and returns how many were not marked before. The mark comes before the file.

    A process that is killed between the two writes the same contacts again when it is repeated, and never others.
    """
    mine = _is_one_of(contact_ids) & contacts.c.sent_on.is_(None)
    marked = sa.update(contacts).where(mine).values(sent_on=on, sent_at=at, destination=destination)
    return connection.execute(marked).rowcount


def _is_one_of(contact_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    # One array parameter: IN would need one for each contact, and Postgres takes at most 65,535.
    return contacts.c.contact_id == sa.any_(sa.literal(list(contact_ids), sa.ARRAY(sa.Text)))


def read_contact_list(engine: Engine, campaign_id: str, channel: str, on: date) -> pl.DataFrame:
    """Returns the contacts that are sent on a day, in the order of calls. It never has a control customer."""
    return pl.concat(read_batches(engine, _CONTACT_LIST, [campaign_id, on, channel]))


def read_contacts(connection: Connection, contact_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Returns contacts as the contact list has them, in the order of calls."""
    query = f"{_COLUMNS} WHERE c.contact_id = ANY(:ids) AND a.arm = 'treatment' ORDER BY c.wave_date, c.priority_rank"
    return [dict(row) for row in connection.execute(sa.text(query), {"ids": list(contact_ids)}).mappings()]


def find_contacts(connection: Connection, contact_ids: Sequence[str]) -> dict[str, str]:
    """Returns the customer of each contact that exists."""
    query = sa.select(contacts.c.contact_id, contacts.c.customer_id).where(_is_one_of(contact_ids))
    return {row.contact_id: row.customer_id for row in connection.execute(query)}


def record_events(connection: Connection, events: Sequence[Event]) -> int:
    """Records events; one that is there already is not recorded twice. Returns how many are new."""
    if not events:
        return 0
    # RETURNING has only the rows that were inserted: an event that is there already gives none.
    added = insert(contact_events).on_conflict_do_nothing().returning(contact_events.c.event_id)
    return len(connection.execute(added, [asdict(event) for event in events]).all())

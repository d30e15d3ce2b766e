"""The outbox of webhooks: contacts that wait to be posted, and what the receiver answered.

A contact is marked as sent and put here in one transaction. It leaves only when the receiver's answer is recorded, so
that a process which dies in between posts it again under the same webhook-id, and the receiver knows that it has it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.stores.postgres.landing_tables import outbox

GONE = 410


@dataclass(frozen=True)
class Letter:
    """One contact to post: its id, the body, and how often it was posted before."""

    contact_id: str
    body: str
    attempts: int


_NEXT = """
    SELECT contact_id, body, attempts FROM ops.outbox AS o
    WHERE channel = :channel AND delivered_at IS NULL AND gave_up_at IS NULL AND next_attempt_at <= :now
        AND customer_id <> ALL(:left_alone)
        AND EXISTS (
            SELECT FROM ops.contacts AS c JOIN ops.campaigns AS p USING (campaign_id)
            WHERE c.contact_id = o.contact_id AND c.expires_on >= :day AND p.status = 'running'
        )
    ORDER BY queued_at, contact_id LIMIT 1 FOR UPDATE OF o SKIP LOCKED
"""


def queue(connection: Connection, channel: str, address: str, letters: Sequence[Mapping[str, str]]) -> None:
    """Puts contacts (contact_id, customer_id, body) into the outbox, in the transaction that marks them as sent."""
    if letters:
        connection.execute(
            sa.insert(outbox), [{**letter, "channel": channel, "address": address} for letter in letters]
        )


@contextmanager
def claim(
    engine: Engine, channel: str, now: datetime, left_alone: Sequence[str]
) -> Iterator[tuple[Connection, Letter] | None]:
    """Yields the next letter that is due, or None. No other process gets it until the block ends.

    Args:
        engine: the engine of the database.
        channel: the channel of the policy file.
        now: letters whose next attempt is later are not due; neither are those whose contact has expired.
        left_alone: customers who said no since the letter was written.
    """
    values = {"channel": channel, "now": now, "day": now.date(), "left_alone": list(left_alone)}
    # The row stays locked while it is posted: a second process takes the next one instead of posting it too.
    with engine.begin() as connection:
        row = connection.execute(sa.text(_NEXT), values).one_or_none()
        yield None if row is None else (connection, Letter(row.contact_id, row.body, row.attempts))


def record_answer(
    connection: Connection, letter: Letter, address: str, code: int | None, at: datetime, again_at: datetime | None
) -> None:
    """Records an attempt.

    Args:
        connection: the connection that claimed the letter.
        letter: what was posted.
        address: where it was posted.
        code: the HTTP status; None without an answer.
        at: when.
        again_at: when it is tried again; None if it was taken or is given up.
    """
    values: dict[str, object] = {"attempts": letter.attempts + 1, "answer_code": code, "address": address}
    if code is not None and 200 <= code < 300:
        values["delivered_at"] = at
    elif again_at is None:
        values["gave_up_at"] = at
    else:
        values["next_attempt_at"] = again_at
    connection.execute(sa.update(outbox).where(outbox.c.contact_id == letter.contact_id).values(values))


def find_gone(engine: Engine, address: str) -> date | None:
    """Returns the day on which an address answered that it is gone for ever; None if it never did."""
    query = sa.select(sa.func.min(outbox.c.gave_up_at)).where(outbox.c.address == address, outbox.c.answer_code == GONE)
    with engine.connect() as connection:
        at: datetime | None = connection.scalar(query)
    return at.date() if at else None


def count_waiting(engine: Engine, channel: str) -> int:
    """Returns how many letters of a channel wait for another attempt."""
    open_ones = (outbox.c.channel == channel) & outbox.c.delivered_at.is_(None) & outbox.c.gave_up_at.is_(None)
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(open_ones)).scalar_one())

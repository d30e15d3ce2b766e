"""The append-only ledger of forgotten customers. It keeps a salted digest of each number, never the number."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.statuses import ErasureDecision
from churn.intake.forgotten import Forgotten, digest_customer
from churn.stores.postgres.keeping_tables import erasures


@dataclass(frozen=True)
class Erasure:
    """The last decision about a customer.

    Attributes:
        rows_count: the rows that were deleted, in all tables.
        days_count: the snapshot dates that held the customer.
    """

    customer_sha256: str
    salt: str
    decision: ErasureDecision
    person: str
    why: str
    rows_count: int
    days_count: int
    decided_at: datetime


def find_forgotten(engine: Engine) -> Forgotten:
    """Returns the customers who are forgotten now."""
    with engine.connect() as connection:
        last = _read_last(connection)
    gone = {digest for digest, erasure in last.items() if erasure.decision == "forgotten"}
    return Forgotten(_salt_of(last), frozenset(gone))


def find_erasure(connection: Connection, customer_id: str) -> Erasure | None:
    """Returns the last decision about a customer, or None if there is none."""
    last = _read_last(connection)
    return last.get(digest_customer(_salt_of(last), customer_id))


def record_erasure(
    connection: Connection,
    customer_id: str,
    decision: ErasureDecision,
    person: str,
    why: str,
    rows_count: int = 0,
    days_count: int = 0,
) -> None:
    """Appends a decision about a customer."""
    # One salt for the whole database: with a salt for each row, a load would hash each customer once for each row.
    salt = _salt_of(_read_last(connection)) or secrets.token_hex(32)
    row = {
        "customer_sha256": digest_customer(salt, customer_id),
        "salt": salt,
        "decision": decision,
        "person": person,
        "why": why,
        "rows_count": rows_count,
        "days_count": days_count,
    }
    connection.execute(sa.insert(erasures).values(row))


def _salt_of(last: dict[str, Erasure]) -> str:
    return next((erasure.salt for erasure in last.values()), "")


def _read_last(connection: Connection) -> dict[str, Erasure]:
    chosen = [erasures.c[name] for name in Erasure.__dataclass_fields__]
    # DISTINCT ON keeps the first row of each customer in the order of ORDER BY: the last decision.
    query = sa.select(*chosen).distinct(erasures.c.customer_sha256)
    rows = connection.execute(query.order_by(erasures.c.customer_sha256, erasures.c.erasure_id.desc())).mappings()
    return {row["customer_sha256"]: Erasure(**row) for row in rows}

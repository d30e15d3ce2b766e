"""The append-only ledger of withdrawn days: who took a published date back, why, and who released it again.

A date is held back while its last line says `withdrawn`. Nothing publishes it then: no scheduled run, no backfill, no
new file. A command that names the date releases it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.statuses import WithdrawalDecision
from churn.errors import WrongUsage
from churn.stores.postgres.keeping_tables import withdrawals
from churn.stores.postgres.seen import keep_seen
from churn.stores.postgres.tables import publications


@dataclass(frozen=True)
class Withdrawal:
    """The last decision about a date.

    Attributes:
        load_id, model_version: what the scores were made of that readers saw until then.
        customers_count: the number of these scores.
    """

    prediction_date: date
    decision: WithdrawalDecision
    person: str
    why: str
    load_id: int
    model_version: int
    customers_count: int
    decided_at: datetime

    def __str__(self) -> str:
        moment = f"{self.decided_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.prediction_date} was withdrawn by {self.person} at {moment}: {self.why.rstrip('.')}"


class DayWithdrawn(WrongUsage):
    """A person withdrew the date. Only a command that names it publishes it again."""

    def __init__(self, withdrawal: Withdrawal) -> None:
        super().__init__(
            f"{withdrawal}.",
            f"run `churn score --as-of {withdrawal.prediction_date}` to publish it again, or choose another date.",
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled as its parent, whose arguments are fact and next step; this class takes a withdrawal.
        return WrongUsage, (self.fact, self.next_step)


def withdraw(engine: Engine, day: date, person: str, why: str) -> Withdrawal | None:
    """Hides a published date from readers and records why. Returns None if the date is not published.

    It takes no lock: readers must not go on seeing wrong figures until a training has ended. A run that is publishing
    the same date either has committed before, or finds the new line and publishes nothing (`refuse_held`).
    """
    shown = (publications.c.prediction_date == day) & (publications.c.status == "published")
    hidden = sa.update(publications).where(shown).values(status="withdrawn", published_at=None)
    with engine.begin() as connection:
        keep_seen(connection, [day], f"withdrawn by {person}")
        # The number of changed rows decides, not a query before it: of two people who withdraw at once one gets None.
        if not connection.execute(hidden).rowcount:
            return None
        return _record(connection, day, "withdrawn", person, why)


def release(engine: Engine, day: date, person: str, why: str) -> Withdrawal | None:
    """Lets a withdrawn date be published again. Returns the withdrawal that ends, or None if the date is not held."""
    with engine.begin() as connection:
        held = _read_held(connection, [day]).get(day)
        if held is not None:
            _record(connection, day, "released", person, why)
        return held


def _record(connection: Connection, day: date, decision: WithdrawalDecision, person: str, why: str) -> Withdrawal:
    publication = publications.c
    inputs = sa.select(
        publication.prediction_date,
        sa.literal(decision),
        sa.literal(person),
        sa.literal(why),
        publication.load_id,
        publication.model_version,
        publication.customers_count,
    ).where(publication.prediction_date == day)
    names = [name for name in Withdrawal.__dataclass_fields__ if name != "decided_at"]
    returned = [withdrawals.c[name] for name in Withdrawal.__dataclass_fields__]
    added = sa.insert(withdrawals).from_select(names, inputs).returning(*returned)
    return Withdrawal(**connection.execute(added).mappings().one())


def find_held(engine: Engine, days: Sequence[date] | None = None) -> dict[date, Withdrawal]:
    """Returns those of some dates (default: of all) that a person withdrew and nobody released."""
    with engine.connect() as connection:
        return _read_held(connection, days)


def refuse_held(connection: Connection, days: Sequence[date]) -> None:
    """Raises DayWithdrawn if one of the dates is held back. Call it in the transaction that publishes them."""
    for withdrawal in _read_held(connection, days).values():
        raise DayWithdrawn(withdrawal)


def _read_held(connection: Connection, days: Sequence[date] | None) -> dict[date, Withdrawal]:
    chosen = [withdrawals.c[name] for name in Withdrawal.__dataclass_fields__]
    # DISTINCT ON keeps the first row of each date in the order of ORDER BY: the last decision.
    last = sa.select(*chosen).distinct(withdrawals.c.prediction_date)
    last = last.order_by(withdrawals.c.prediction_date, withdrawals.c.withdrawal_id.desc())
    if days is not None:
        last = last.where(withdrawals.c.prediction_date.in_(days))
    found = [Withdrawal(**row) for row in connection.execute(last).mappings()]
    return {item.prediction_date: item for item in found if item.decision == "withdrawn"}

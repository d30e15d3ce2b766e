"""Leaves out the rows of customers who were forgotten. Their numbers are not kept: a salted digest finds them again."""

import hashlib
import json
from dataclasses import dataclass, replace

import polars as pl

from churn.intake.screening import Screened


@dataclass(frozen=True)
class Forgotten:
    """The customers who were forgotten.

    Attributes:
        salt: what is hashed before each number.
        digests: the digest of each customer.
    """

    salt: str = ""
    digests: frozenset[str] = frozenset()

    def has(self, customer_id: str) -> bool:
        """Returns whether a customer was forgotten."""
        return bool(self.digests) and digest_customer(self.salt, customer_id) in self.digests


def digest_customer(salt: str, customer_id: str) -> str:
    """Returns the digest by which a forgotten customer is found again. Spaces around the number do not count."""
    return hashlib.sha256(f"{salt}{customer_id.strip()}".encode()).hexdigest()


def leave_out(screened: Screened, forgotten: Forgotten) -> Screened:
    """Returns a batch without the rows of forgotten customers, which it counts.

    A rejected row is left out if any of its cells is such a number: in a row with too many cells it may be anywhere.
    """
    if not forgotten.digests:
        return screened
    accepted, rejected = screened.accepted, screened.rejected
    is_gone = pl.Series([forgotten.has(customer) for customer in accepted["customer_id"]], dtype=pl.Boolean)
    is_gone_too = pl.Series([_names_one(row, forgotten) for row in rejected["row"]], dtype=pl.Boolean)
    count = int(is_gone.sum()) + int(is_gone_too.sum())
    return replace(
        screened,
        accepted=accepted.filter(~is_gone),
        rejected=rejected.filter(~is_gone_too),
        row_numbers=screened.row_numbers.filter(~is_gone),
        forgotten=count,
    )


def _names_one(row: str, forgotten: Forgotten) -> bool:
    return any(forgotten.has(cell) for cell in json.loads(row).values() if isinstance(cell, str))

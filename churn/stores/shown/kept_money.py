"""Reads what campaigns have kept so far: the newest reading of money of each campaign, over all its customers."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection


@dataclass(frozen=True)
class KeptMoney:
    """What a campaign kept, in USD, over all contacted customers whose window is over.

    Attributes:
        kept_usd: the effect of one contact times the contacted customers; None if it is not known yet.
        kept_low_usd: the lower end of the 96% interval (to kept_high_usd).
    """

    campaign_id: str
    treated_count: int
    kept_usd: float | None
    kept_low_usd: float | None
    kept_high_usd: float | None
    verdict: str
    is_synthetic: bool


_KEPT = """
    SELECT campaign_id, treated_count, effect * treated_count AS kept_usd, agreed_low * treated_count AS kept_low_usd,
        agreed_high * treated_count AS kept_high_usd, verdict, coalesce(is_synthetic, false) AS is_synthetic
    FROM reporting.campaign_readings WHERE outcome = 'money_usd' AND contrast = 'all' AND is_newest
    ORDER BY campaign_id
"""


def read_kept_money(connection: Connection) -> list[KeptMoney]:
    """Returns what each campaign kept, by its newest reading."""
    return [KeptMoney(**row) for row in connection.execute(sa.text(_KEPT)).mappings()]

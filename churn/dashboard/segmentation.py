"""Sums profiles into segments, as `reporting.risk_by_segment` does, also for a filtered part of the customers. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from churn.stores.shown import Row

COUNTS = ("active_customers_count", "at_risk_customers_count", "high_count")
MONEY = ("annual_revenue_usd", "revenue_at_risk_usd", "expected_annual_loss_usd", "expected_loss_12m_usd")


def filter_profiles(profiles: Iterable[Row], one_of: Mapping[str, Sequence[str]]) -> list[Row]:
    """Returns the profiles whose columns have one of the given values. No values for a column means all."""
    return [row for row in profiles if all(row[name] in values for name, values in one_of.items() if values)]


def add_up(profiles: Iterable[Row], by: Sequence[str]) -> list[Row]:
    """Returns one row per combination of values, in the order of the values: counts, money in USD and rates.

    at_risk_rate and average_churn_probability are None when no customer is active. Money is None if the extract has no
    value a month. The sums are exact decimals until they are rounded to cents, as in the database.
    """
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in profiles:
        groups[tuple(row[name] for name in by)].append(row)
    return [{**dict(zip(by, key, strict=True)), **_sum(groups[key])} for key in sorted(groups)]


def _sum(rows: Sequence[Row]) -> Row:
    totals: dict[str, Any] = {name: sum(row[name] for row in rows) for name in COUNTS}
    probabilities = sum((row["active_probability_sum"] for row in rows), Decimal(0))
    active = totals["active_customers_count"]
    totals |= {name: _add_known([row[name] for row in rows]) for name in MONEY}
    totals["at_risk_rate"] = totals["at_risk_customers_count"] / active if active else None
    totals["average_churn_probability"] = float(probabilities) / active if active else None
    return totals


def _add_known(amounts: Sequence[Decimal | None]) -> float | None:
    """Returns the sum; None if no amount is known: no value a month, or scores that do not look ahead."""
    known = [amount for amount in amounts if amount is not None]
    return float(round(sum(known, Decimal(0)), 2)) if known else None

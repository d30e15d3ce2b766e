"""Sums profiles into segments, as `reporting.risk_by_segment` does, also for a filtered part of the customers. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from churn.stores.shown import Row

COUNTS = ("active_customers_count", "at_risk_customers_count", "high_count")
SUMS = ("active_probability_sum", "annual_revenue_usd", "revenue_at_risk_usd", "expected_annual_loss_usd")
_LOSS_AHEAD = "expected_loss_12m_usd"


def filter_profiles(profiles: Iterable[Row], one_of: Mapping[str, Sequence[str]]) -> list[Row]:
    """Returns the profiles whose columns have one of the given values. No values for a column means all."""
    return [row for row in profiles if all(row[name] in values for name, values in one_of.items() if values)]


def add_up(profiles: Iterable[Row], by: Sequence[str]) -> list[Row]:
    """Returns one row per combination of values, in the order of the values: counts, money in USD and rates.

    at_risk_rate and average_churn_probability are None when no customer is active. The sums are exact decimals until
    they are rounded to cents, as in the database.
    """
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in profiles:
        groups[tuple(row[name] for name in by)].append(row)
    return [{**dict(zip(by, key, strict=True)), **_sum(groups[key])} for key in sorted(groups)]


def _sum(rows: Sequence[Row]) -> Row:
    totals: dict[str, Any] = {name: sum(row[name] for row in rows) for name in COUNTS}
    sums = {name: sum((row[name] for row in rows), Decimal(0)) for name in SUMS}
    active = totals["active_customers_count"]
    totals |= {name: float(round(sums[name], 2)) for name in SUMS[1:]}
    totals[_LOSS_AHEAD] = _sum_loss_ahead([row[_LOSS_AHEAD] for row in rows])
    totals["at_risk_rate"] = totals["at_risk_customers_count"] / active if active else None
    totals["average_churn_probability"] = float(sums["active_probability_sum"]) / active if active else None
    return totals


def _sum_loss_ahead(losses: Sequence[Decimal | None]) -> float | None:
    """Returns the loss within 12 months; None if the scores of the date do not look ahead."""
    known = [loss for loss in losses if loss is not None]
    return float(round(sum(known, Decimal(0)), 2)) if known else None

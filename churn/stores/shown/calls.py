"""The action list as pages ask for it: filtered, sorted and paged by the database, never read whole.

What a person typed is only ever a parameter; what a column is called is only ever one of COLUMNS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

COLUMNS = (
    "call_rank",
    "customer_id",
    "risk_tier",
    "churn_probability",
    "expected_annual_loss_usd",
    "reasons",
    "recommended_action",
    "monthly_charges",
    "tenure_months",
    "contract",
    "internet_service",
    "payment_method",
    "services_count",
    "price_above_list_usd",
    "revenue_at_risk_usd",
    "lifetime_value_usd",
    "total_charges",
)
"""What is shown, and may be sorted by but for the reasons."""
SORTABLE = tuple(name for name in COLUMNS if name not in ("reasons", "recommended_action"))
ONE_OF = ("risk_tier", "contract", "tenure_band", "internet_service", "payment_method")
"""What may be filtered by value."""
_MONEY = ("expected_annual_loss_usd", "revenue_at_risk_usd", "lifetime_value_usd")

_list = sa.table(
    "action_list", *map(sa.column, dict.fromkeys(("prediction_date", *COLUMNS, *ONE_OF))), schema="reporting"
)
_profiles = sa.table(
    "risk_by_profile",
    *map(sa.column, ("prediction_date", "at_risk_count", "high_count", "medium_count", *ONE_OF[1:])),
    schema="analytics",
)


@dataclass(frozen=True)
class Wanted:
    """Which calls of a date, in which order.

    Attributes:
        search: part of a customer number, upper and lower case alike; empty finds all.
        one_of: a column of ONE_OF and the values it may have; no values means all.
        monthly_charges_from: at least so much a month, USD.
        order_by: a column of SORTABLE; ties by rank.
    """

    prediction_date: date
    search: str = ""
    one_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    monthly_charges_from: float = 0.0
    order_by: str = "call_rank"
    descending: bool = False


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = [_list.c.prediction_date == wanted.prediction_date]
    if wanted.search:
        conditions.append(_list.c.customer_id.icontains(wanted.search, autoescape=True))
    if wanted.monthly_charges_from:
        conditions.append(_list.c.monthly_charges >= wanted.monthly_charges_from)
    return conditions + [_list.c[name].in_(values) for name, values in wanted.one_of.items() if values]


def read_calls(connection: Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """Returns one page of the list; rank is that of the whole date, whatever is filtered."""
    shown = [
        sa.cast(_list.c[name], sa.Double).label(name) if name in _MONEY else _list.c[name].label(name)
        for name in COLUMNS
    ]
    first = _list.c[SORTABLE[SORTABLE.index(wanted.order_by)]]
    order = (first.desc() if wanted.descending else first.asc(), _list.c.call_rank)
    conditions = _conditions(wanted)
    if len(conditions) == 1 and wanted.order_by == "call_rank" and not wanted.descending:
        # Postgres stops ranking there; otherwise it ranks all of a million's calls to show fifty.
        conditions.append(_list.c.call_rank <= offset + limit)
    query = sa.select(*shown).where(*conditions).order_by(*order).limit(limit).offset(offset)
    return [dict(row) for row in connection.execute(query).mappings()]


def sum_calls(connection: Connection, wanted: Wanted) -> dict[str, Any]:
    """Returns how many customers are wanted, and what they cost together: customers_count and USD a year."""
    query = sa.select(
        sa.func.count().label("customers_count"),
        sa.cast(sa.func.coalesce(sa.func.sum(_list.c.expected_annual_loss_usd), 0), sa.Double).label(
            "expected_annual_loss_usd"
        ),
        sa.cast(sa.func.coalesce(sa.func.sum(_list.c.revenue_at_risk_usd), 0), sa.Double).label("revenue_at_risk_usd"),
    ).where(*_conditions(wanted))
    return dict(connection.execute(query).mappings().one())


def read_choices(connection: Connection, prediction_date: date) -> dict[str, list[str]]:
    """Returns the values that each column of ONE_OF has among the customers at risk of a date.

    Asked of the profiles, of which there are at most 288 a day, whatever the number of customers.
    """
    c = _profiles.c
    values = [sa.func.array_agg(sa.distinct(c[name])).label(name) for name in ONE_OF if name != "risk_tier"]
    tiers = sa.func.sum(c.high_count).label("High"), sa.func.sum(c.medium_count).label("Medium")
    query = sa.select(*values, *tiers).where(c.prediction_date == prediction_date, c.at_risk_count > 0)
    found = dict(connection.execute(query).mappings().one())
    there = [tier for tier in ("High", "Medium") if found.pop(tier)]
    return {"risk_tier": there, **{name: sorted(choices or []) for name, choices in found.items()}}

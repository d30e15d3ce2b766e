"""Reads the action list for pages. The database filters, sorts and pages it, so a page never reads the whole list.

Every text that a person types is a bound parameter, and every column name is one of COLUMNS: no input becomes SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.contracts.action_list import ACTION_LIST
from churn.contracts.statuses import RiskTier
from churn.stores.shown import Row

COLUMNS = tuple(column.name for column in ACTION_LIST if column.is_on_page)
"""The columns of the list on the page."""
SORTABLE = tuple(column.name for column in ACTION_LIST if column.is_on_page and column.unit != "long_text")
"""The columns that the list may be sorted by."""
SUMMED = ("expected_profit_usd", "expected_cost_usd", "revenue_at_risk_usd")
"""The amounts that the page adds up over the filtered customers."""
ONE_OF = ("risk_tier", "contract", "tenure_band", "internet_service", "payment_method")
"""The columns that may be filtered by value."""
ABSENT = "Not in the extract"
"""What analytics.risk_by_profile has in place of a column that the extract does not have."""
MONEY = tuple(column.name for column in ACTION_LIST if column.name.endswith("_usd"))
"""Amounts that the view has as decimals; readers get them as floats."""

SAID_IN_FILES = ("prediction_date", "is_synthetic", "policy_sha256")
"""What a file of calls says of itself in each row: the date, whether the customers are synthetic, and the policy."""

_list = sa.table(
    "action_list",
    *map(sa.column, dict.fromkeys((*SAID_IN_FILES, *COLUMNS, *SUMMED, *ONE_OF))),
    schema="reporting",
)
_profiles = sa.table(
    "risk_by_profile",
    *map(sa.column, ("prediction_date", "listed_count", "high_count", "medium_count", "low_count", *ONE_OF[1:])),
    schema="analytics",
)


@dataclass(frozen=True)
class Wanted:
    """The filters and the order of a list of calls.

    Attributes:
        prediction_date: the published date.
        search: a part of the customer number, in upper or lower case; an empty text finds every customer.
        one_of: columns of ONE_OF, each with its allowed values; no values means that all are allowed.
        monthly_charges_from: the lowest monthly charge, in USD.
        order_by: a column of SORTABLE. Equal values are in the order of call_rank.
        first: only so many customers, in this order; None for all of them.
        is_cut: only customers for whom there is a seat.
        new_since: only customers who are not on the list of this earlier date.
    """

    prediction_date: date
    search: str = ""
    one_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    monthly_charges_from: float = 0.0
    order_by: str = "call_rank"
    descending: bool = False
    first: int | None = None
    is_cut: bool = False
    new_since: date | None = None


@dataclass(frozen=True)
class CallTotals:
    """The number of customers of a list, and the sums of SUMMED over them, in USD; None without a value a month."""

    customers_count: int
    expected_profit_usd: float | None
    expected_cost_usd: float | None
    revenue_at_risk_usd: float | None


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = [_list.c.prediction_date == wanted.prediction_date]
    if wanted.search:
        conditions.append(_list.c.customer_id.icontains(wanted.search, autoescape=True))
    if wanted.monthly_charges_from:
        conditions.append(_list.c.monthly_charges >= wanted.monthly_charges_from)
    if wanted.is_cut:
        conditions.append(_list.c.is_within_seats.is_(True))
    if wanted.new_since:
        earlier = _list.alias("earlier")
        same = (earlier.c.prediction_date == wanted.new_since) & (earlier.c.customer_id == _list.c.customer_id)
        conditions.append(~sa.exists().where(same))
    return conditions + [_list.c[name].in_(values) for name, values in wanted.one_of.items() if values]


def _order(wanted: Wanted) -> tuple[sa.ColumnElement[Any], ...]:
    # Looked up and not inserted: a column that is not in the list raises ValueError, and no text of a browser becomes
    # SQL.
    by = _list.c[SORTABLE[SORTABLE.index(wanted.order_by)]]
    return by.desc() if wanted.descending else by.asc(), _list.c.call_rank


def read_calls(
    connection: Connection, wanted: Wanted, limit: int, offset: int = 0, columns: Sequence[str] = COLUMNS
) -> list[Row]:
    """Returns one page of the list. call_rank is the rank in the whole list of the date, whatever the filters are."""
    shown = [
        sa.cast(_list.c[name], sa.Double).label(name) if name in MONEY else _list.c[name].label(name)
        for name in columns
    ]
    conditions = _conditions(wanted)
    if len(conditions) == 1 and wanted.order_by == "call_rank" and not wanted.descending:
        # With this condition Postgres stops at the last rank of the page. Without it, it ranks every call of a million
        # customers to show fifty of them.
        conditions.append(_list.c.call_rank <= offset + limit)
    query = sa.select(*shown).where(*conditions).order_by(*_order(wanted)).limit(limit).offset(offset)
    return [dict(row) for row in connection.execute(query).mappings()]


def sum_calls(connection: Connection, wanted: Wanted) -> CallTotals:
    """Adds up the customers that match the filters, and that are among the first if only so many are wanted."""
    chosen = sa.select(*(_list.c[name] for name in SUMMED)).where(*_conditions(wanted))
    if wanted.first:
        chosen = chosen.order_by(*_order(wanted)).limit(wanted.first)
    matching = chosen.subquery()
    query = sa.select(
        sa.func.count().label("customers_count"),
        *(sa.cast(_sum(matching.c[name]), sa.Double).label(name) for name in SUMMED),
    ).select_from(matching)
    return CallTotals(**connection.execute(query).mappings().one())


def _sum(amount: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Returns the sum; 0 over no row, but NULL if one of the amounts is not known."""
    return sa.case((sa.func.count() == sa.func.count(amount), sa.func.coalesce(sa.func.sum(amount), 0)))


def read_choices(connection: Connection, prediction_date: date) -> dict[str, list[str]]:
    """Returns the values that each column of ONE_OF has among the listed customers of a date.

    A column that the extract does not have, has none.

    The query reads the profiles instead of the customers: a day has at most 288 of them.
    """
    c = _profiles.c
    columns = [sa.func.array_agg(sa.distinct(c[name])).label(name) for name in ONE_OF if name != "risk_tier"]
    tiers = [sa.func.sum(c[f"{tier.lower()}_count"]).label(tier) for tier in get_args(RiskTier)]
    query = sa.select(*columns, *tiers).where(c.prediction_date == prediction_date, c.listed_count > 0)
    choices = dict(connection.execute(query).mappings().one())
    with_customers = [tier for tier in get_args(RiskTier) if choices.pop(tier)]
    return {
        "risk_tier": with_customers,
        **{name: sorted({*(values or [])} - {ABSENT}) for name, values in choices.items()},
    }

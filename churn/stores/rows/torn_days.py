"""Compares every table that readers see with the scores, day by day, with one query per table.

The scores of a day are in `analytics.predictions`, and the ledger `ops.publications` has their number. SQL models make
everything that readers see from these scores. So the number of customers, the number at risk and the money of a day
must be the same in every table. A day on which they differ is called torn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from churn.contracts.money import write_money
from churn.errors import AuditFailed

NEWEST_DAYS = 7
"""The number of newest published days that each run compares, in addition to its own days."""


class Figures(NamedTuple):
    """The figures of a day in one table. A figure is None if the table does not have it.

    Attributes:
        customers_count: the customers, including those who left.
        active_count: the customers who have not left.
        at_risk_count: the active customers at risk.
        listed_count: the active customers for whom a contact is expected to pay; those at risk without a value a month.
        list_profit_usd: the sum of the expected profits of contacting them.
        revenue_at_risk_usd: the sum of twelve monthly charges of active customers at risk.
        expected_annual_loss_usd: the sum of probability times twelve monthly charges of active customers.
            Money is also None if the extract of the day has no value a month.
        rows_count: the rows that the figures come from.
    """

    customers_count: int | None
    active_count: int | None
    at_risk_count: int | None
    listed_count: int | None
    list_profit_usd: float | None
    revenue_at_risk_usd: float | None
    expected_annual_loss_usd: float | None
    rows_count: int


NOBODY = Figures(0, 0, 0, 0, 0.0, 0.0, 0.0, rows_count=0)
"""The figures of a table without rows of a day: an action list without rows is right if no contact pays."""


@dataclass(frozen=True)
class Tear:
    """One published day on which one table differs from the scores.

    Attributes:
        day: the prediction date.
        table: the table or view.
        difference: what the table has and what the scores have, in words.
    """

    day: date
    table: str
    difference: str

    def __str__(self) -> str:
        return f"{self.day}: {self.table} {self.difference}"


class Source(NamedTuple):
    """How the figures of a day are computed from one table.

    Attributes:
        day: the column with the day.
        columns: for each figure that the table has, the SQL aggregate that computes it.
        condition: the SQL condition that rows must meet.
        left_out: a table with rows that this one leaves out on purpose; they count as if this one had them.
        left_out_columns: the columns of both that the figures need; in `left_out` they may be expressions.
        is_rounded: True if the money of each row is rounded to cents: a sum may then differ by half a cent per row.
    """

    day: str
    columns: dict[str, str]
    condition: str = "TRUE"
    is_rounded: bool = False
    left_out: str | None = None
    left_out_columns: tuple[str, str] = ("", "")


LEDGER = "ops.publications"
SCORES = "analytics.predictions"

_SUMMED = ("revenue_at_risk_usd", "expected_annual_loss_usd")
_SUMS = ", ".join(_SUMMED)
_MONEY = {name: f"sum({name})" for name in _SUMMED}
_PAYS = "is_active AND (expected_profit_usd > 0 OR (expected_profit_usd IS NULL AND at_risk_flag))"
_CUSTOMERS = {
    "customers_count": "count(*)",
    "active_count": "count(*) FILTER (WHERE is_active)",
    "at_risk_count": "count(*) FILTER (WHERE is_active AND at_risk_flag)",
    "listed_count": f"count(*) FILTER (WHERE {_PAYS})",
    "list_profit_usd": f"sum(expected_profit_usd) FILTER (WHERE {_PAYS})",
    **_MONEY,
}
_EXTRACTED = {"customers_count": "count(*)", "active_count": "count(*) FILTER (WHERE NOT has_churned)"}
_ADDED_UP = {
    "customers_count": "sum(customers_count)",
    "active_count": "sum(active_customers_count)",
    "at_risk_count": "sum(at_risk_customers_count)",
    **_MONEY,
}
_PROFILES = _ADDED_UP | {"active_count": "sum(active_count)", "at_risk_count": "sum(at_risk_count)"}
_PERIODS = {name: added for name, added in _ADDED_UP.items() if name != "customers_count"}
_LIST = {"listed_count": "sum(listed_count)", "list_profit_usd": "sum(list_profit_usd)"}
_KPIS = _ADDED_UP | _LIST | {"listed_count": "sum(listed_customers_count)"}
_LISTED = {"listed_count": "count(*)", "list_profit_usd": "sum(expected_profit_usd)"}
_SHOWN = _CUSTOMERS | {
    "listed_count": "count(call_rank)",
    "list_profit_usd": "sum(expected_profit_usd) FILTER (WHERE call_rank IS NOT NULL)",
}

_SOURCES = {
    LEDGER: Source("prediction_date", {"customers_count": "sum(customers_count)"}, "status = 'published'"),
    SCORES: Source("prediction_date", _CUSTOMERS),
    "staging.stg_telco_churn": Source("snapshot_date", _EXTRACTED),
    "analytics.fct_customer_features": Source("as_of_date", _EXTRACTED),
    "analytics.customer_risk": Source("prediction_date", _CUSTOMERS),
    "analytics.risk_by_profile": Source("prediction_date", _PROFILES | _LIST),
    "reporting.customer_scores": Source("prediction_date", _SHOWN, is_rounded=True),
    "reporting.action_list": Source(
        "prediction_date",
        _LISTED,
        "call_rank IS NOT NULL",
        is_rounded=True,
        left_out="reporting.held_out",
        left_out_columns=("prediction_date, call_rank, expected_profit_usd",) * 2,
    ),
    "reporting.kpi_daily": Source("prediction_date", _KPIS),
    "reporting.risk_trend": Source("prediction_date", _PERIODS, "period = 'day'"),
    # Each dimension splits the same customers, and one GROUPING SETS computes all: checking one dimension is enough.
    # The view leaves it out if the extract has no tenure.
    "reporting.risk_by_segment": Source(
        "prediction_date",
        _ADDED_UP,
        "dimension = 'tenure_band'",
        is_rounded=True,
        left_out="analytics.risk_by_profile WHERE tenure_band = 'Not in the extract'",
        left_out_columns=(
            f"prediction_date, dimension, customers_count, active_customers_count, at_risk_customers_count, {_SUMS}",
            f"prediction_date, 'tenure_band', customers_count, active_count, at_risk_count, {_SUMS}",
        ),
    ),
}
MADE_BY_MODELS = tuple(name for name in _SOURCES if name not in (LEDGER, SCORES))


def find_tears(connection: Connection, days: Sequence[date] | None = None) -> list[Tear]:
    """Returns the differences between published days and their scores, in order of date.

    Args:
        connection: the connection. Uncommitted changes of its transaction count.
        days: the days to compare (default: every published day).
    """
    published = _read(connection, LEDGER, days)
    if not published:  # The tables may not exist before the first day is published.
        return []
    held = {table: _read(connection, table, days) for table in (SCORES, *MADE_BY_MODELS)}
    return [
        tear
        for day, (customers, *_) in sorted(published.items())
        for tear in _compare(day, customers or 0, {table: by_day.get(day) for table, by_day in held.items()})
    ]


def find_newest_days(connection: Connection) -> list[date]:
    """Returns the newest published days, which every run compares."""
    query = "SELECT prediction_date FROM ops.publications WHERE status = 'published' ORDER BY 1 DESC LIMIT :limit"
    return sorted(connection.scalars(text(query), {"limit": NEWEST_DAYS}))


def refuse_torn(tears: Sequence[Tear]) -> None:
    """Raises AuditFailed if there is a difference. The message names the first one and the command that repairs it."""
    if not tears:
        return
    first = tears[0]
    failure = AuditFailed(
        "every_table_holds_the_scores",
        first.table,
        len(tears),
        f"SELECT * FROM {first.table} WHERE {_SOURCES[first.table].day} = '{first.day}'",
        days=", ".join(sorted({str(tear.day) for tear in tears})),
        readers=f"{first}.",
    )
    # AuditFailed gives the query as its next step. Here a command repairs the day, which helps more than the rows.
    failure.next_step = f"run `churn score --as-of {first.day}` to score the day again."
    raise failure


def _read(connection: Connection, table: str, days: Sequence[date] | None) -> dict[date, Figures]:
    if connection.scalar(text("SELECT to_regclass(:table)"), {"table": table}) is None:
        return {}  # to_regclass gives NULL for a missing table, where a query would fail and abort the transaction.
    source = _SOURCES[table]
    columns = source.columns | {"rows_count": "count(*)"}
    figures = ", ".join(columns.get(name, "NULL") for name in Figures._fields)
    chosen = f"{source.day} = ANY(:days)" if days is not None else "TRUE"
    source_rows = f"{_rows_of(connection, table)} WHERE {chosen} AND {source.condition}"
    query = f"SELECT {source.day}, {figures} FROM {source_rows} GROUP BY 1"
    rows = connection.execute(text(query), {} if days is None else {"days": list(days)})
    return {day: Figures(*values) for day, *values in rows}


def _rows_of(connection: Connection, table: str) -> str:
    """Returns the rows of a table as SQL, with those that it leaves out on purpose."""
    left_out, (columns, others) = _SOURCES[table].left_out, _SOURCES[table].left_out_columns
    if left_out is None:
        return table
    # A home of an earlier release has no such view until its SQL models are deployed.
    if connection.scalar(text("SELECT to_regclass(:view)"), {"view": left_out.split()[0]}) is None:
        return table
    return f"(SELECT {columns} FROM {table} UNION ALL SELECT {others} FROM {left_out}) AS listed"


def _compare(day: date, customers: int, held: dict[str, Figures | None]) -> Iterator[Tear]:
    """Compares the scores of a day with the ledger, and every other table with the scores."""
    scores = held[SCORES] or NOBODY
    if scores.customers_count != customers:
        yield Tear(day, SCORES, f"has {scores.customers_count:,} scores, the ledger {customers:,}")
        return
    for table in MADE_BY_MODELS:
        if difference := _differ(table, held[table] or NOBODY, scores):
            yield Tear(day, table, difference)


def _differ(table: str, figures: Figures, scores: Figures) -> str:
    """Returns a text about the first figure that differs from the scores; empty if all are the same."""
    # A sum of floats differs in its last bits with the order of the rows, so that a cent of difference is none.
    cents = 0.01 + (0.005 * figures.rows_count if _SOURCES[table].is_rounded else 0)
    for name in _SOURCES[table].columns:
        amount, of_scores = getattr(figures, name), getattr(scores, name)
        if name in _SUMMED and (amount is None) != (of_scores is None):
            return f"has {_worded(name, amount)}, the scores have {_worded(name, of_scores)}"
        now, scored = float(amount or 0), float(of_scores or 0)
        if abs(now - scored) > (cents if name.endswith("_usd") else 0):
            return f"has {_worded(name, now)}, the scores have {_worded(name, scored)}"
    return ""


def _worded(name: str, value: float | None) -> str:
    words = name.removesuffix("_count").removesuffix("_usd").replace("_", " ")
    if value is None:
        return f"no {words}"
    return f"{words} {write_money(value, 2)}" if name.endswith("_usd") else f"{words} {value:,.0f}"

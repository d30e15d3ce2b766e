"""Whether every table that readers connect to holds what was scored: one query a table, compared day by day.

The scores of a day (`analytics.predictions`) are what it was published with; how many there are is in the ledger
(`ops.publications`). Everything a reader sees of that day is made of them by SQL models, so its customers, those at
risk and its money must be the same wherever they are counted. A day on which they are not is torn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from churn.errors import AuditFailed

NEWEST_DAYS = 7
"""How many published days each run looks at, beside those it made."""


class Figures(NamedTuple):
    """What a table holds of a day; None where it has no such column.

    Attributes:
        customers_count: customers, those who left included.
        active_count: customers who have not left.
        at_risk_count: active customers at risk.
        revenue_at_risk_usd: twelve monthly charges of active customers at risk.
        expected_annual_loss_usd: probability times twelve monthly charges of active customers.
        rows_count: rows that these were counted from.
    """

    customers_count: int | None
    active_count: int | None
    at_risk_count: int | None
    revenue_at_risk_usd: float | None
    expected_annual_loss_usd: float | None
    rows_count: int


NOBODY = Figures(0, 0, 0, 0.0, 0.0, rows_count=0)
"""What a table without a row of a day holds: a list without rows is whole where nobody is at risk."""


@dataclass(frozen=True)
class Tear:
    """One published day of one table that does not hold what was scored.

    Attributes:
        day: the prediction date.
        table: the table or view.
        difference: what it holds and what it should, in words.
    """

    day: date
    table: str
    difference: str

    def __str__(self) -> str:
        return f"{self.day}: {self.table} {self.difference}"


class Source(NamedTuple):
    """How the figures of a day are counted in one table.

    Attributes:
        day: the column that names the day.
        columns: for each figure that the table has, the aggregate that gives it.
        condition: which rows count.
        is_rounded: each row's money is rounded to cents, so that a sum of rows may differ by half a cent a row.
    """

    day: str
    columns: dict[str, str]
    condition: str = "TRUE"
    is_rounded: bool = False


LEDGER = "ops.publications"
SCORES = "analytics.predictions"

_MONEY = {name: f"sum({name})" for name in ("revenue_at_risk_usd", "expected_annual_loss_usd")}
_CUSTOMERS = {
    "customers_count": "count(*)",
    "active_count": "count(*) FILTER (WHERE is_active)",
    "at_risk_count": "count(*) FILTER (WHERE is_active AND at_risk_flag)",
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
_LISTED = {"at_risk_count": "count(*)", "revenue_at_risk_usd": "sum(revenue_at_risk_usd)"}

_SOURCES = {
    LEDGER: Source("prediction_date", {"customers_count": "sum(customers_count)"}, "status = 'published'"),
    SCORES: Source("prediction_date", _CUSTOMERS),
    "staging.stg_telco_churn": Source("snapshot_date", _EXTRACTED),
    "analytics.fct_customer_features": Source("as_of_date", _EXTRACTED),
    "analytics.customer_risk": Source("prediction_date", _CUSTOMERS),
    "analytics.risk_by_profile": Source("prediction_date", _PROFILES),
    "reporting.customer_scores": Source("prediction_date", _CUSTOMERS, is_rounded=True),
    "reporting.action_list": Source("prediction_date", _LISTED, is_rounded=True),
    "reporting.kpi_daily": Source("prediction_date", _ADDED_UP),
    "reporting.risk_trend": Source("prediction_date", _PERIODS, "period = 'day'"),
    # Each dimension divides the same customers anew: one of them stands for all, for all come from one GROUPING SETS.
    "reporting.risk_by_segment": Source("prediction_date", _ADDED_UP, "dimension = 'contract'", is_rounded=True),
}
MADE_BY_MODELS = tuple(name for name in _SOURCES if name not in (LEDGER, SCORES))


def find_tears(connection: Connection, days: Sequence[date] | None = None) -> list[Tear]:
    """Returns what published days do not hold, in order of date.

    Args:
        connection: the database; what its transaction changed counts.
        days: the days to look at, published or not; None for every published one.
    """
    published = _read(connection, LEDGER, days)
    if not published:  # There may be no table to look at yet.
        return []
    held = {table: _read(connection, table, days) for table in (SCORES, *MADE_BY_MODELS)}
    return [
        tear
        for day, (customers, *_) in sorted(published.items())
        for tear in _compare(day, customers or 0, {table: found.get(day) for table, found in held.items()})
    ]


def find_newest_days(connection: Connection) -> list[date]:
    """Returns the newest published days, as many as every run looks at."""
    query = "SELECT prediction_date FROM ops.publications WHERE status = 'published' ORDER BY 1 DESC LIMIT :limit"
    return sorted(connection.scalars(text(query), {"limit": NEWEST_DAYS}))


def refuse_torn(tears: Sequence[Tear]) -> None:
    """Raises AuditFailed if there is a tear; the message names the first, and the command that makes the day whole."""
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
    failure.next_step = f"make the scores again: `churn score --as-of {first.day}`."
    raise failure


def _read(connection: Connection, table: str, days: Sequence[date] | None) -> dict[date, Figures]:
    if connection.scalar(text("SELECT to_regclass(:table)"), {"table": table}) is None:
        return {}
    source = _SOURCES[table]
    columns = source.columns | {"rows_count": "count(*)"}
    figures = ", ".join(columns.get(name, "NULL") for name in Figures._fields)
    chosen = f"{source.day} = ANY(:days)" if days is not None else "TRUE"
    query = f"SELECT {source.day}, {figures} FROM {table} WHERE {chosen} AND {source.condition} GROUP BY 1"
    rows = connection.execute(text(query), {} if days is None else {"days": list(days)})
    return {day: Figures(*found) for day, *found in rows}


def _compare(day: date, customers: int, held: dict[str, Figures | None]) -> Iterator[Tear]:
    """Compares the scores of a day with the ledger, and every other table with the scores."""
    scores = held[SCORES] or NOBODY
    if scores.customers_count != customers:
        yield Tear(day, SCORES, f"holds {scores.customers_count:,} scores, the ledger {customers:,}")
        return
    for table in MADE_BY_MODELS:
        if difference := _differ(table, held[table] or NOBODY, scores):
            yield Tear(day, table, difference)


def _differ(table: str, found: Figures, scores: Figures) -> str:
    """Says of the first figure that differs what the table holds and what was scored; empty where none does."""
    cents = 0.01 + (0.005 * found.rows_count if _SOURCES[table].is_rounded else 0)
    for name in _SOURCES[table].columns:
        now, scored = float(getattr(found, name) or 0), float(getattr(scores, name) or 0)
        if abs(now - scored) > (cents if name.endswith("_usd") else 0):
            return f"holds {_worded(name, now)}, the scores {_worded(name, scored)}"
    return ""


def _worded(name: str, value: float) -> str:
    words = name.removesuffix("_count").removesuffix("_usd").replace("_", " ")
    return f"{words} ${value:,.2f}" if name.endswith("_usd") else f"{words} {value:,.0f}"

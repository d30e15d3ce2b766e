"""Reads the figures and the first calls of a published date, for the terminal, run pages and alerts."""

from dataclasses import dataclass, fields
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.contracts.statuses import RiskTier
from churn.errors import NotThere
from churn.stores.shown import Row
from churn.stores.shown.versions import Version


@dataclass(frozen=True)
class Kpis:
    """The figures of a published date, by the columns of reporting.kpi_daily. Money is in USD.

    Attributes:
        average_churn_probability: None if no customer is active.
        annual_revenue_usd: None, as all money, if the extract has no value a month; listed_customers_count has those at
            risk then.
        expected_loss_12m_usd, future_value_usd: None if the label of the model has no horizon of its own.
        seats_count: the contacts a day of the policy; None, as the figures within the seats, if it sets no limit.
        save_rate: None for dates from before the product recorded it.
    """

    customers_count: int
    active_customers_count: int
    at_risk_customers_count: int
    high_count: int
    medium_count: int
    low_count: int
    high_from: float
    medium_from: float
    average_churn_probability: float | None
    annual_revenue_usd: float | None
    revenue_at_risk_usd: float | None
    expected_annual_loss_usd: float | None
    listed_customers_count: int
    list_cost_usd: float | None
    list_profit_usd: float | None
    expected_leavers_count: float
    expected_loss_12m_usd: float | None
    future_value_usd: float | None
    seats_count: int | None
    within_seats_count: int | None
    within_seats_profit_usd: float | None
    save_rate: float | None
    is_save_rate_measured: bool


@dataclass(frozen=True)
class FirstCall:
    """An active customer of the action list. Money is in USD; a reason begins with + (raises the score) or -.

    What the extract does not say is None, and so is all money without a value a month.
    """

    customer_id: str
    churn_probability: float
    risk_tier: RiskTier
    expected_annual_loss_usd: float | None
    expected_profit_usd: float | None
    monthly_charges: float | None
    tenure_months: int | None
    contract: str | None
    internet_service: str | None
    payment_method: str | None
    reasons: tuple[str, ...]


def read_kpis(engine: Engine, version: Version) -> Kpis:
    """Returns the figures of a published date.

    Raises:
        NotThere: the view has no row of the date. The next step of the error repairs it.
    """
    # Names of a dataclass of this file: no input becomes SQL.
    columns = ", ".join(field.name for field in fields(Kpis))
    prediction_date = version.publication.prediction_date
    query = sa.text(f"SELECT {columns} FROM {version.rows_of('reporting.kpi_daily')} WHERE prediction_date = :day")
    with engine.connect() as connection:
        row = connection.execute(query, {"day": prediction_date}).one_or_none()
    if row is None:
        raise NotThere(
            f"{prediction_date} is published, but reporting.kpi_daily has no row of it.",
            "run `churn transforms check`: it compares every published day with its scores and repairs differences.",
        )
    # Postgres gives sums of money as DECIMAL, which no screen needs.
    values: Row = {name: float(value) if isinstance(value, Decimal) else value for name, value in row._mapping.items()}
    return Kpis(**values)


def read_first_calls(engine: Engine, version: Version, limit: int) -> tuple[FirstCall, ...]:
    """Returns the first customers of the action list: those with whom a contact is expected to earn most."""
    query = sa.text(f"""
        SELECT customer_id, churn_probability, risk_tier, CAST(expected_annual_loss_usd AS float8),
               CAST(expected_profit_usd AS float8), monthly_charges,
               tenure_months, contract, internet_service, payment_method, coalesce(reasons, '{{}}') AS reasons
        FROM {version.rows_of("reporting.action_list")}
        WHERE prediction_date = :day AND call_rank <= :limit
        ORDER BY call_rank
    """)
    with engine.connect() as connection:
        rows = connection.execute(query, {"day": version.publication.prediction_date, "limit": limit})
        return tuple(FirstCall(**{**row, "reasons": tuple(row["reasons"])}) for row in rows.mappings())


def count_unseen_plans(engine: Engine, version: Version) -> int:
    """Returns the number of customers of a date with a tariff that the training examples did not have."""
    table = version.rows_of("analytics.predictions")
    query = sa.text(f"SELECT count(*) FROM {table} WHERE prediction_date = :day AND has_unseen_plan")
    with engine.connect() as connection:
        return int(connection.execute(query, {"day": version.publication.prediction_date}).scalar_one())

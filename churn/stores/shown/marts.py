"""Reads published figures for pages, from `reporting` and from the additive mart behind it.

Every function takes a reader's connection (`readers.reading`) and returns rows as dicts, in the order in which a page
shows them. The keys are the column names. Money is a float in USD, and NULL is None.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from churn.stores.postgres.catalogue import ColumnNote
from churn.stores.shown import Row, read_rows

VIEWS = (
    "kpi_daily",
    "risk_trend",
    "actual_churn",
    "risk_by_segment",
    "action_list",
    "customer_scores",
    "model_history",
    "publication_history",
    "campaign_history",
    "campaign_readings",
    "kpi_daily_latest",
    "risk_by_segment_latest",
    "action_list_latest",
    "customer_scores_latest",
)
"""The views for BI tools."""


def read_publications(connection: Connection, limit: int = 400) -> list[Row]:
    """Returns the scored dates in any status, the latest first."""
    return read_rows(
        connection,
        """
        SELECT prediction_date, status, basis, is_synthetic, customers_count, eligible_count, refused_count, load_id,
            source, model_version, horizon, currency, staged_at, published_at, withdrawn_by, withdrawn_why
        FROM reporting.publication_history ORDER BY prediction_date DESC LIMIT :limit
        """,
        limit=limit,
    )


def read_days(connection: Connection, first: date, last: date) -> list[Row]:
    """Returns the figures of published dates in a range, the earliest first."""
    return read_rows(
        connection,
        """
        SELECT prediction_date, customers_count, active_customers_count, at_risk_customers_count, high_count,
            medium_count, low_count, high_from, medium_from, average_churn_probability,
            CAST(expected_leavers_count AS float8),
            CAST(annual_revenue_usd AS float8), CAST(revenue_at_risk_usd AS float8),
            CAST(expected_annual_loss_usd AS float8), listed_customers_count, CAST(list_cost_usd AS float8),
            CAST(list_profit_usd AS float8), seats_count, within_seats_count, CAST(within_seats_profit_usd AS float8),
            save_rate, is_save_rate_measured, CAST(expected_loss_12m_usd AS float8), horizon, true_positive_count,
            false_positive_count, false_negative_count, true_negative_count, basis, model_version, published_at
        FROM reporting.kpi_daily WHERE prediction_date BETWEEN :first AND :last ORDER BY prediction_date
        """,
        first=first,
        last=last,
    )


def read_trend(connection: Connection, period: str, first: date) -> list[Row]:
    """Returns the days or weeks from a date on, the earliest first.

    Args:
        connection: the connection of a reader.
        period: day or week.
        first: the earliest first day of a period.
    """
    return read_rows(
        connection,
        """
        SELECT trend.period_start_date, trend.prediction_date, trend.dates_count, trend.high_count, trend.medium_count,
            trend.low_count, trend.at_risk_customers_count, trend.average_churn_probability, trend.at_risk_rate,
            CAST(trend.revenue_at_risk_usd AS float8), CAST(trend.expected_annual_loss_usd AS float8),
            CAST(trend.expected_loss_12m_usd AS float8), trend.basis,
            publications.model_version
        FROM reporting.risk_trend AS trend
        JOIN reporting.publication_history AS publications USING (prediction_date)
        WHERE trend.period = :period AND trend.period_start_date >= :first ORDER BY trend.period_start_date
        """,
        period=period,
        first=first,
    )


def read_bounds(connection: Connection, prediction_date: date) -> dict[str, float]:
    """Returns the smallest probability of each tier that counts as at risk, on a published date."""
    rows = read_rows(
        connection,
        """
        SELECT risk_tier, probability_from FROM reporting.risk_tiers
        WHERE prediction_date = :day AND is_at_risk ORDER BY urgency_rank
        """,
        day=prediction_date,
    )
    return {row["risk_tier"]: row["probability_from"] for row in rows}


def read_actual_churn(connection: Connection, period: str, first: date) -> list[Row]:
    """Returns who left of the customers of each day or month from a date on, the earliest first."""
    return read_rows(
        connection,
        """
        SELECT period_start_date, as_of_date, window_days, customers_count, leavers_count, censored_count, churn_rate,
            CAST(expected_leavers_count AS float8), average_churn_probability, basis
        FROM reporting.actual_churn WHERE period = :period AND period_start_date >= :first ORDER BY period_start_date
        """,
        period=period,
        first=first,
    )


def read_out_of_range(connection: Connection, prediction_date: date) -> list[Row]:
    """Returns, for each feature, how many customers of a published date lie outside what the model has seen."""
    return read_rows(
        connection,
        """
        SELECT feature, outside_count, active_count FROM reporting.features_out_of_range
        WHERE prediction_date = :day ORDER BY feature
        """,
        day=prediction_date,
    )


def read_profiles(connection: Connection, prediction_date: date) -> list[Row]:
    """Returns the additive counts and money of each profile of a published date (at most 288 rows)."""
    return read_rows(
        connection,
        """
        SELECT contract, tenure_band, internet_service, payment_method,
            CASE WHEN is_senior_citizen THEN 'Senior' ELSE 'Not senior' END AS senior_citizen,
            active_count AS active_customers_count, at_risk_count AS at_risk_customers_count, high_count,
            active_probability_sum, annual_revenue_usd, revenue_at_risk_usd, expected_annual_loss_usd,
            expected_loss_12m_usd
        FROM analytics.risk_by_profile
        WHERE prediction_date = :day
            AND EXISTS (SELECT 1 FROM reporting.kpi_daily WHERE prediction_date = :day)
        ORDER BY 1, 2, 3, 4, 5
        """,
        day=prediction_date,
    )


def read_mix(connection: Connection, first: date, last: date) -> list[Row]:
    """Returns the customers of each segment on the published dates of a range."""
    return read_rows(
        connection,
        """
        SELECT prediction_date, dimension, segment, customers_count FROM reporting.risk_by_segment
        WHERE prediction_date BETWEEN :first AND :last ORDER BY prediction_date, dimension, segment
        """,
        first=first,
        last=last,
    )


def read_segments(connection: Connection, prediction_date: date, dimension: str) -> list[Row]:
    """Returns the figures of each word of one dimension of a published date, the largest expected loss first."""
    return read_rows(
        connection,
        """
        SELECT segment, active_customers_count, at_risk_customers_count, at_risk_rate, average_churn_probability,
            CAST(expected_annual_loss_usd AS float8)
        FROM reporting.risk_by_segment
        WHERE prediction_date = :day AND dimension = :dimension AND active_customers_count > 0
        ORDER BY expected_annual_loss_usd DESC NULLS LAST, at_risk_customers_count DESC
        """,
        day=prediction_date,
        dimension=dimension,
    )


def read_declared_segments(connection: Connection, prediction_date: date, shipped: Sequence[str]) -> list[Row]:
    """Returns the figures of each word of the declared segment columns, and of their pairs, by column and word.

    Args:
        connection: the connection of a reader.
        prediction_date: the date.
        shipped: the dimensions that every extract of the public sample has; these are left out.
    """
    return read_rows(
        connection,
        """
        SELECT dimension, segment, active_customers_count, at_risk_customers_count, high_count, at_risk_rate,
            average_churn_probability, CAST(revenue_at_risk_usd AS float8), CAST(expected_annual_loss_usd AS float8),
            CAST(expected_loss_12m_usd AS float8)
        FROM reporting.risk_by_segment
        WHERE prediction_date = :day AND NOT dimension = ANY(:shipped)
        ORDER BY position(' and ' IN dimension) > 0, dimension, segment  -- Pairs of columns come last.
        """,
        day=prediction_date,
        shipped=list(shipped),
    )


def read_customer(connection: Connection, customer_id: str, limit: int = 400) -> list[Row]:
    """Returns a customer's published scores, the latest first; an empty list if no customer has this number."""
    return read_rows(
        connection,
        """
        SELECT prediction_date, customer_id, is_active, churn_probability, at_risk_flag, risk_tier,
            recommended_action, reasons, CAST(expected_annual_loss_usd AS float8),
            CAST(expected_profit_usd AS float8), CAST(revenue_at_risk_usd AS float8),
            CAST(lifetime_value_usd AS float8), probability_12m, CAST(expected_loss_12m_usd AS float8),
            CAST(future_value_usd AS float8), best_call_month, monthly_charges, price_above_list_usd, total_charges,
            tenure_months, tenure_band, contract, internet_service, payment_method, has_online_security,
            has_tech_support, services_count, is_senior_citizen, basis, model_version
        FROM reporting.customer_scores WHERE customer_id = :customer ORDER BY prediction_date DESC LIMIT :limit
        """,
        customer=customer_id,
        limit=limit,
    )


def read_loads(connection: Connection, limit: int = 30) -> list[Row]:
    """Returns the latest loaded or refused files, the latest first."""
    return read_rows(
        connection,
        """
        SELECT load_id, snapshot_date, source, is_synthetic, status, reason, rows_read, rows_accepted, rows_rejected,
            rejected_share, notes, started_at
        FROM reporting.load_history ORDER BY load_id DESC LIMIT :limit
        """,
        limit=limit,
    )


def read_reject_reasons(connection: Connection, loads: int = 30) -> list[Row]:
    """Returns the reasons of rejected rows in the latest loads: the latest load first, the most common reason first."""
    return read_rows(
        connection,
        """
        SELECT load_id, reason, rows_count FROM reporting.reject_reasons
        WHERE load_id > (SELECT max(load_id) - :loads FROM reporting.load_history)
        ORDER BY load_id DESC, rows_count DESC, reason
        """,
        loads=loads,
    )


def read_columns(connection: Connection, view: str) -> list[ColumnNote]:
    """Returns the name, type and meaning of each column of a view of `reporting`, in order."""
    rows = read_rows(
        connection,
        """
        SELECT attname AS name, format_type(atttypid, atttypmod) AS type,
            coalesce(col_description(attrelid, attnum), '') AS meaning
        FROM pg_attribute WHERE attrelid = to_regclass(:view) AND attnum > 0 ORDER BY attnum
        """,
        view=f"reporting.{view}",
    )
    return [ColumnNote(**row) for row in rows]

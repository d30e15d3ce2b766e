"""Reads the segments of customers who are alike, from `reporting`. Every function takes a reader's connection."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.stores.shown import Row

_SEGMENTS = """
    SELECT segment_number, segment_name, strongest_features, active_customers_count, active_share,
        at_risk_customers_count, average_churn_probability, CAST(revenue_at_risk_usd AS float8) AS revenue_at_risk_usd,
        CAST(expected_annual_loss_usd AS float8) AS expected_annual_loss_usd, currency, segmented_on, stability
    FROM reporting.segment_history WHERE prediction_date = :day ORDER BY segment_number
"""
_CUSTOMER = """
    SELECT segment_number, segment_name, strongest_features FROM reporting.customer_segments
    WHERE prediction_date = :day AND customer_id = :customer
"""


def read_segments(connection: Connection, prediction_date: date) -> list[Row]:
    """Returns the segments of a published date in the order of their numbers; none if it has no segments yet."""
    return [dict(row) for row in connection.execute(sa.text(_SEGMENTS), {"day": prediction_date}).mappings()]


def read_customer_segment(connection: Connection, prediction_date: date, customer_id: str) -> Row | None:
    """Returns the segment of a customer on a published date; None if the date has no segments yet."""
    found = connection.execute(sa.text(_CUSTOMER), {"day": prediction_date, "customer": customer_id})
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)

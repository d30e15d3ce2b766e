"""Adds up a date by cells of equal probability, and keeps the estimate that is made of them."""

from datetime import date

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.decisions import Interval
from churn.monitoring.cells import CELLS_A_UNIT
from churn.monitoring.estimates import Estimate
from churn.stores.ledgers.publications import Publication
from churn.stores.postgres.copying import read_batches
from churn.stores.postgres.monitoring_tables import score_estimates as stored

_CELLS = f"""
    SELECT count(*) AS customers, sum(p) AS expected, sum(p * (1 - p)) AS variance, sum(p * r) AS loss,
        sum(p * (1 - p) * r * r) AS loss_variance
    FROM (
        SELECT churn_probability AS p, annual_revenue_usd AS r FROM analytics.customer_risk
        WHERE prediction_date = $1 AND is_active
    ) AS customers GROUP BY floor(p * {CELLS_A_UNIT}) ORDER BY floor(p * {CELLS_A_UNIT}) DESC
"""


def read_cells(engine: Engine, day: date) -> pl.DataFrame:
    """Returns the cells of the active customers of a date, the highest probability first; see `estimate`."""
    return pl.concat(read_batches(engine, _CELLS, [day]))


def replace_estimate(connection: Connection, day: Publication, told: Estimate, customers: int) -> None:
    """Stores the estimate of a date."""
    connection.execute(sa.delete(stored).where(stored.c.prediction_date == day.prediction_date))
    row: dict[str, object] = {
        "prediction_date": day.prediction_date,
        "model_version": day.model_version,
        "horizon": day.horizon,
        "customers_count": customers,
    }
    row |= _interval("leavers", told.leavers) | _interval("pr_auc", told.pr_auc) | _interval("lift", told.lift)
    row |= _interval("loss", told.loss, "_usd")
    connection.execute(sa.insert(stored).values(row))


def _interval(name: str, figure: Interval | None, unit: str = "") -> dict[str, object]:
    if figure is None:
        return {}
    return {f"{name}{unit}": figure.value, f"{name}_low{unit}": figure.low, f"{name}_high{unit}": figure.high}

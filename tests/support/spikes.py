"""Simulated telecoms by segment: what `find_spikes` gets, without a database."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from churn.monitoring.segments import add_up
from churn.simulation.living import Day, live
from churn.simulation.shocks import Shock
from churn.simulation.world import World

FIRST, DAYS = date(2026, 1, 1), 32
"""24 steps that say how much a segment moves, and 7 that are looked at."""
COLUMNS = ("contract", "tenure_band", "internet_service", "payment_method", "is_senior_citizen")


def watch_segments(seed: int, customers: int, shock: Shock | None = None) -> pl.DataFrame:
    """The segments of the days of a telecom, scored by a model that knows what leaves on its first day."""
    world = World(customers, seed, shocks=(shock,) if shock else ())
    days = list(live(world, DAYS))
    model = _fit(days[0])
    return pl.concat(
        add_up([_score(model, day)], COLUMNS).with_columns(
            prediction_date=pl.lit(FIRST + timedelta(days=day.number)), model_version=pl.lit(1)
        )
        for day in days
    )


def _fit(day: Day) -> Pipeline:
    rows = _active(day)
    left = np.random.default_rng(1).random(rows.height) < rows["monthly_hazard"].to_numpy()
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(_features(rows), left)


def _active(day: Day) -> pl.DataFrame:
    return day.extract.join(day.truth, on="customerID")


def _features(rows: pl.DataFrame) -> np.ndarray:  # type: ignore[type-arg]
    words: Sequence[tuple[str, str]] = (
        ("InternetService", "Fiber optic"),
        ("Contract", "Month-to-month"),
        ("Contract", "Two year"),
        ("PaymentMethod", "Electronic check"),
        ("TechSupport", "Yes"),
    )
    flags = [(pl.col(column) == word).cast(pl.Float64).alias(f"{column}{word}") for column, word in words]
    return rows.select(pl.col("MonthlyCharges").cast(pl.Float64), pl.col("tenure").cast(pl.Float64), *flags).to_numpy()


def _score(model: Pipeline, day: Day) -> pl.DataFrame:
    rows = _active(day)
    tenure = pl.col("tenure").cast(pl.Int64)
    leaving = pl.Series("p", model.predict_proba(_features(rows))[:, 1])
    return rows.select(
        pl.col("Contract").alias("contract"),
        pl.when(tenure <= 12)
        .then(pl.lit("0-12"))
        .when(tenure <= 24)
        .then(pl.lit("13-24"))
        .when(tenure <= 48)
        .then(pl.lit("25-48"))
        .otherwise(pl.lit("49+"))
        .alias("tenure_band"),
        pl.col("InternetService").alias("internet_service"),
        pl.col("PaymentMethod").alias("payment_method"),
        pl.col("SeniorCitizen").cast(pl.String).alias("is_senior_citizen"),
        pl.lit(1).alias("customers_count"),
        leaving.alias("expected_leavers"),
        (leaving * pl.col("MonthlyCharges").cast(pl.Float64) * 12).alias("expected_loss_usd"),
    )

"""Features of simulated customers, computed by the product's SQL models on DuckDB: a base without a database."""

from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
from sqlglot import exp

from churn.contracts.extract import PUBLIC_NAMES
from churn.contracts.features import FEATURES
from churn.learning.labels import LabelledWindow, Labels
from churn.learning.windows import Window
from churn.simulation.living import World, live
from tests.transforms.conftest import models_of

FIRST = date(2026, 1, 1)
CHAIN = {"staging.stg_telco_churn": "snapshot_date", "analytics.fct_customer_features": "as_of_date"}


def simulate_days(world: World, numbers: list[int]) -> tuple[pl.DataFrame, dict[int, pl.DataFrame]]:
    """The extracts of some days as raw_data.telco_churn_raw, and the truth about the active customers of each day."""
    raw, truth = [], {}
    for day in live(world, max(numbers) + 1):
        if day.number in numbers:
            dated = pl.lit(FIRST + timedelta(days=day.number)).alias("snapshot_date")
            raw.append(day.extract.rename(PUBLIC_NAMES).with_columns(dated))
            truth[day.number] = day.truth
    return pl.concat(raw), truth


def compute_features(project: Any, raw: pl.DataFrame) -> pl.DataFrame:
    """as_of_date, customer_id, has_churned, plan and every model feature of all rows."""
    # Polars' extracts hold text where COPY would let Postgres read a number.
    typed = raw.with_columns(
        pl.col("senior_citizen", "tenure").cast(pl.Int32),
        pl.col("monthly_charges", "total_charges").cast(pl.Float64, strict=False),
        load_id=pl.lit(1, pl.Int64),
        left_on=pl.lit(None, pl.Date),
    )
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw_data; CREATE SCHEMA staging; CREATE SCHEMA analytics")
        connection.register("typed", typed)
        connection.execute("CREATE TABLE raw_data.telco_churn_raw AS SELECT * FROM typed")
        connection.execute("CREATE TABLE raw_data.telco_churn_reconstructed AS SELECT * FROM typed WHERE FALSE")
        first, last = raw["snapshot_date"].min(), raw["snapshot_date"].max()
        for name in CHAIN:
            query = models_of(project)[name].render_query_or_raise(start=first, end=last)
            for table in query.find_all(exp.Table):
                table.set("catalog", None)
            connection.execute(f"CREATE TABLE {name} AS {query.sql(dialect='duckdb')}")
        rows = connection.execute("SELECT * FROM analytics.fct_customer_features").pl()
    plan = pl.concat_str("contract", "internet_service", separator=", ").alias("plan")
    return rows.select("as_of_date", "customer_id", "has_churned", plan, pl.col(FEATURES).cast(pl.Float64))


def label_windows(
    features: pl.DataFrame, truth: dict[int, pl.DataFrame], days: list[int]
) -> tuple[pl.DataFrame, Labels]:
    """The examples of some days with 30 days ahead of them, the newest first, and their labels."""
    examples, windows = [], []
    for day in sorted(days, reverse=True):
        start, end = (FIRST + timedelta(days=number) for number in (day, day + 30))
        stayed = truth[day + 30]["customerID"].implode()
        active = features.filter((pl.col("as_of_date") == start) & ~pl.col("has_churned"))
        examples.append(active.with_columns(has_churned=~pl.col("customer_id").is_in(stayed)))
        leavers = int(examples[-1]["has_churned"].sum())
        window = Window(start, end, end, start, None, end, 30)
        windows.append(LabelledWindow(window, "30 days", active.height, leavers, active.height, 0, 0, 0))
    dates = tuple(one.window.as_of_date for one in windows)
    return pl.concat(examples), Labels("matured", dates, windows[0].leaver_share, tuple(windows))

"""The labels of any rhythm of extracts are the truth of the simulator: who left within the window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from sqlglot import exp

from churn.contracts.horizons import LabelRules
from churn.learning.windows import find_windows
from churn.simulation.living import World, live
from tests.transforms.conftest import models_of

FIRST, LENGTH = date(2026, 1, 31), 121
Chosen = Callable[[date], bool]


@dataclass(frozen=True)
class Base:
    """A simulated telecom: every extract, and for each customer the first day on which the customer is active no more.

    Attributes:
        extracts: snapshot_date, customer_id and has_churned.
        gone: customer_id and gone_on, of the customers who left.
    """

    extracts: pl.DataFrame
    gone: pl.DataFrame


@pytest.fixture(scope="module")
def base() -> Base:
    shown, active = [], []
    for day in live(World(600, seed=7), LENGTH):
        dated = pl.lit(FIRST + timedelta(days=day.number)).alias("snapshot_date")
        is_gone = (pl.col("Churn") == "Yes").alias("has_churned")
        shown.append(day.extract.select(dated, pl.col("customerID").alias("customer_id"), is_gone))
        active.append(day.truth.select(dated, pl.col("customerID").alias("customer_id")))
    last = pl.concat(active).group_by("customer_id").agg(pl.col("snapshot_date").max())
    gone = last.filter(pl.col("snapshot_date") < FIRST + timedelta(days=LENGTH - 1))
    return Base(
        pl.concat(shown), gone.select("customer_id", pl.col("snapshot_date").dt.offset_by("1d").alias("gone_on"))
    )


RHYTHMS: dict[str, Chosen] = {
    "daily": lambda day: True,
    "weekly": lambda day: (day - FIRST).days % 7 == 0,
    "month-end": lambda day: (day + timedelta(days=1)).day == 1,
    "first-of-month": lambda day: day.day == 1,
    "every 28 days": lambda day: (day - FIRST).days % 28 == 0,
    "weekdays with a gap": lambda day: day.weekday() < 5 and not date(2026, 3, 1) <= day <= date(2026, 3, 8),
}


def on_days(rhythm: Chosen) -> pl.Expr:
    days = (FIRST + timedelta(days=number) for number in range(LENGTH))
    return pl.col("snapshot_date").is_in([day for day in days if rhythm(day)])


def label(project: Any, extracts: pl.DataFrame, rules: LabelRules) -> pl.DataFrame:
    """The rows of analytics.training_examples, computed by DuckDB."""
    snapshots = extracts["snapshot_date"].unique().sort().to_list()
    windows = pl.DataFrame(find_windows(snapshots, rules)).with_columns(
        pl.lit(rules.left).alias("left_by"), pl.col("after_date").cast(pl.Date), pl.col("window_days").cast(pl.Int32)
    )
    columns = {
        "left_on": pl.lit(None, pl.Date),
        "is_reconstructed": pl.lit(False),
        "left_involuntarily": pl.lit(False),
    }
    missing = [value.alias(name) for name, value in columns.items() if name not in extracts.columns]
    query = models_of(project)["analytics.training_examples"].render_query_or_raise()
    for table in query.find_all(exp.Table):
        table.set("catalog", None)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA analytics; CREATE SCHEMA staging")
        connection.register("windows", windows)
        connection.register("extracts", extracts.with_columns(missing))
        connection.execute("CREATE TABLE analytics.label_windows AS SELECT * FROM windows")
        connection.execute("CREATE TABLE staging.stg_telco_churn AS SELECT * FROM extracts")
        return connection.execute(query.sql(dialect="duckdb")).pl()


def check_against_truth(labelled: pl.DataFrame, base: Base) -> pl.DataFrame:
    """Every label that is known is the truth; returns the rows whose label is known."""
    known = labelled.filter(pl.col("left_within_window").is_not_null()).join(base.gone, on="customer_id", how="left")
    end = pl.col("as_of_date") + pl.duration(days=pl.col("window_days"))
    wrong = known.filter(pl.col("left_within_window") != (pl.col("gone_on") <= end).fill_null(False))
    assert wrong.is_empty(), wrong
    assert known["left_within_window"].sum() > 20
    return known


@pytest.mark.parametrize("rhythm", RHYTHMS.values(), ids=RHYTHMS)
def test_leavers_who_are_marked(project: Any, base: Base, rhythm: Chosen) -> None:
    extracts = base.extracts.filter(on_days(rhythm))
    labelled = label(project, extracts, LabelRules())

    known = check_against_truth(labelled, base)
    # A leaver stays in the extracts of 30 days only: who left on the first day of a longer window vanished unmarked.
    assert labelled.height - known.height <= labelled.height * 0.002
    assert set(known["labelled_by"]) == {"mark"}


@pytest.mark.parametrize("rhythm", RHYTHMS.values(), ids=RHYTHMS)
def test_leavers_with_a_date(project: Any, base: Base, rhythm: Chosen) -> None:
    dated = base.extracts.join(base.gone, on="customer_id", how="left")
    left_on = pl.when("has_churned").then(pl.col("gone_on")).alias("left_on")
    extracts = dated.filter(on_days(rhythm)).with_columns(left_on)
    # A customer who had left before the first day has no date here, and is no example either.
    labelled = label(project, extracts.drop("gone_on"), LabelRules(left="date"))

    check_against_truth(labelled, base)
    assert set(labelled["labelled_by"]) <= {"date", "censored"}
    assert (labelled["labelled_by"] == "censored").mean() <= 0.003


@pytest.mark.parametrize("rhythm", RHYTHMS.values(), ids=RHYTHMS)
def test_leavers_who_vanish(project: Any, base: Base, rhythm: Chosen) -> None:
    chosen = on_days(rhythm) & ~pl.col("has_churned")
    labelled = label(project, base.extracts.filter(chosen), LabelRules(left="absence"))

    assert check_against_truth(labelled, base).height == labelled.height
    assert set(labelled["labelled_by"]) == {"absence"}


def test_a_customer_who_is_missing_from_a_single_extract_has_not_left(project: Any, base: Base) -> None:
    weekly = on_days(RHYTHMS["weekly"])
    extracts = base.extracts.filter(weekly & ~pl.col("has_churned"))
    stays = base.extracts.filter(snapshot_date=FIRST)["customer_id"]
    stays = stays.filter(~stays.is_in(base.gone["customer_id"].implode()))[:50]
    is_missing = pl.col("customer_id").is_in(stays.implode()) & (pl.col("snapshot_date") == FIRST + timedelta(days=28))
    labelled = label(project, extracts.filter(~is_missing), LabelRules(left="absence"))

    assert labelled.filter(pl.col("customer_id").is_in(stays.implode()))["left_within_window"].sum() == 0
    check_against_truth(labelled, base)


def test_without_absence_declared_a_customer_who_vanishes_is_counted_as_unknown(project: Any, base: Base) -> None:
    weekly = on_days(RHYTHMS["weekly"])
    labelled = label(project, base.extracts.filter(weekly & ~pl.col("has_churned")), LabelRules())

    assert labelled["left_within_window"].sum() == 0
    gone = labelled.filter(pl.col("labelled_by") == "censored").join(base.gone, on="customer_id")
    assert gone.height == (labelled["labelled_by"] == "censored").sum() > 20

"""What a company would have decided by the product, beside what the simulator knows: a price rise, and who really left.

uv run python -m tests.benchmarks.decisions SEED [CUSTOMERS EVERY_DAYS]

A telecom is simulated for 120 days: an outage in the week from day 30 on, and a price rise of 10% from day 60 on.
`churn run` gets the extracts up to day 90; the rest of the simulation says who left in the 30 days after each of them.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa

from churn.dashboard.summary import tell_outside
from churn.settings import Settings
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.shocks import outage_of, price_rise_of
from churn.simulation.world import World
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import stop_embedded
from churn.stores.postgres.readers import reading
from churn.stores.shown import marts

LAST = date(2026, 4, 1)
LAST_DAY, RISE, MONTH = 90, 60, 30
FIRST = LAST - timedelta(days=LAST_DAY)
CHURN = str(Path(sys.executable).with_name("churn"))


@dataclass(frozen=True)
class Truth:
    """What the simulator knows of a telecom.

    Attributes:
        hazards: as_of_date, customerID and monthly_hazard of the active customers of each extract.
        leavers: for each date, the customers who left within the 30 days after it.
    """

    hazards: pl.DataFrame
    leavers: dict[date, set[str]]

    def on(self, day: date) -> pl.DataFrame:
        """Returns customerID, monthly_hazard and has_left of the active customers of a date."""
        rows = self.hazards.filter(pl.col("as_of_date") == day)
        return rows.with_columns(has_left=pl.col("customerID").is_in(self.leavers[day]))


def main(seed: int, customers: int = 7_043, every: int = 1) -> None:
    """Prints what the pages said of each day, beside the truth."""
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        truth = simulate(folder / "landing", customers, seed, every)
        os.environ["CHURN_HOME"] = str(home)  # SQLMesh's configuration reads the environment
        environment = os.environ | {"PREFECT_HOME": str(home / "prefect")}
        try:
            subprocess.run(
                [CHURN, "run", "--source", str(folder / "landing")],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            show(Settings(home=home), truth, f"{customers:,} customers, seed {seed}, an extract every {every} day(s)")
        finally:
            stop_embedded(home)


def simulate(folder: Path, customers: int, seed: int, every: int) -> Truth:
    """Writes the extracts, and takes those after LAST out of the folder again: they are the truth."""
    world = World(customers, seed, shocks=(price_rise_of(f"{RISE}:0.1"), outage_of("30:7")))
    extracts = write_daily_extracts(folder, world, LAST_DAY + MONTH + 1, LAST + timedelta(days=MONTH), every)
    leavers = {}
    for path in extracts:
        day = date.fromisoformat(path.stem[-10:])
        gone = pl.scan_csv(path, infer_schema=False).filter(pl.col("Churn") == "Yes").select("customerID").collect()
        # Whoever is marked on a day left within the 30 days before it.
        leavers[day - timedelta(days=MONTH)] = set(gone.to_series())
        if day > LAST:
            path.unlink()
    return Truth(pl.read_parquet(folder.with_name(f"{folder.name}-truth.parquet")), leavers)


def show(settings: Settings, truth: Truth, title: str) -> None:
    """Prints the day of the rise, the last day, and the range over all days."""
    with reading(settings) as connection:
        days = marts.read_days(connection, FIRST, LAST)
        outside = tell_outside(marts.read_out_of_range(connection, FIRST + timedelta(days=RISE)))
    lists = {row["prediction_date"]: read_list(settings, row["prediction_date"]) for row in days}
    print(f"{title}; losses in USD, that of 30 days as a year's revenue")
    rise = FIRST + timedelta(days=RISE)
    before = max(row["prediction_date"] for row in days if row["prediction_date"] < rise)
    print(f"{'':32}{'true mean':>11}{'mean':>9}{'at risk':>9}{'loss 30 days':>14}{'loss 12 months':>16}")
    for row in days:
        if row["prediction_date"] in (before, rise, LAST):
            show_day(row, truth)
    print(f"On the day of the rise the page says: {outside}")
    show_level(days[-1], truth)
    shares = [row["at_risk_customers_count"] / row["active_customers_count"] for row in days]
    print(f"share in High and Medium, {len(days)} days: {min(shares):.1%} to {max(shares):.1%}")
    counts = [row["listed_customers_count"] for row in days]
    print(f"customers on the list: {min(counts):,} to {max(counts):,}")
    lifts = [find_lifts(truth.on(day), lists[day]) for day in lists if len(lists[day])]
    ours, ceiling = (np.array(one) for one in zip(*lifts, strict=True))
    print(
        f"listed customers leave at {ours.min():.2f} to {ours.max():.2f} times the base rate (mean {ours.mean():.2f}); "
        f"as many by the true hazard at {ceiling.min():.2f} to {ceiling.max():.2f} (mean {ceiling.mean():.2f})"
    )


def read_list(settings: Settings, day: date) -> list[str]:
    """Returns the customers of the action list of a date."""
    query = sa.text("SELECT customer_id FROM reporting.action_list WHERE prediction_date = :day")
    with open_engine(settings).connect() as connection:
        return list(connection.scalars(query, {"day": day}))


def show_day(row: dict[str, Any], truth: Truth) -> None:
    """Prints the figures of a day."""
    day = row["prediction_date"]
    hazard = float(truth.on(day)["monthly_hazard"].mean())  # type: ignore[arg-type]
    words = f"{day}, day {(day - FIRST).days} ({row['basis']})"
    print(
        f"{words:32}{hazard:>11.2%}{row['average_churn_probability']:>9.2%}{row['at_risk_customers_count']:>9,}"
        f"{row['expected_annual_loss_usd']:>14,.0f}{row['expected_loss_12m_usd'] or 0:>16,.0f}"
    )


def show_level(row: dict[str, Any], truth: Truth) -> None:
    """Prints the champion's mean of the last day beside the share that left, with the noise of that share."""
    rows = truth.on(row["prediction_date"])
    share, mean = float(rows["has_left"].mean()), row["average_churn_probability"]  # type: ignore[arg-type]
    noise = float(np.sqrt(share * (1 - share) / rows.height)) / share
    print(
        f"last day: mean probability {mean:.2%}, really left within 30 days {share:.2%}: {mean / share - 1:+.1%} "
        f"(two standard errors of that share: {2 * noise:.1%})"
    )


def find_lifts(rows: pl.DataFrame, listed: list[str]) -> tuple[float, float]:
    """Returns how often listed customers left relative to all, and as many with the highest true hazard."""
    base = float(rows["has_left"].mean())  # type: ignore[arg-type]
    ours = rows.filter(pl.col("customerID").is_in(listed))
    best = rows.top_k(len(listed), by="monthly_hazard")
    return float(ours["has_left"].mean()) / base, float(best["has_left"].mean()) / base  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ["20"]))

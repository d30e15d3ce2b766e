"""Faults that are planted in simulated telecoms, and what monitoring names first; false alarms of quiet telecoms.

uv run python -m tests.benchmarks.monitoring [SEEDS CUSTOMERS]

Everything happens in memory, with the functions of churn.monitoring: a model is fitted on the 30 days after day 0, the
fault begins on day 60. A fault of the feed, a price and another mix are seen from one day to the next. An outage, a
competitor and flipped labels change who leaves, which only matured labels show: day 60 is judged on day 90.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from churn.contracts.performance import Performance
from churn.contracts.profiles import FeatureProfile
from churn.economics.limits import LimitPolicy
from churn.monitoring.came_true import ALL, PROBABILITY, judge
from churn.monitoring.causes import find_causes, find_faults
from churn.monitoring.cells import CELLS_A_UNIT
from churn.monitoring.drift import FeatureDay, Movement, measure_psi
from churn.monitoring.limits import check_performance
from churn.monitoring.profiles import profile_features
from churn.simulation.living import live
from churn.simulation.shocks import Shock, competitor_of, outage_of, price_rise_of
from churn.simulation.world import World

FIRST, FAULT, MONTH = date(2026, 1, 1), 60, 30
LIMITS = LimitPolicy()
NOTHING = dict.fromkeys(Performance.__dataclass_fields__)
WORDS = {
    "is_fiber": ("InternetService", "Fiber optic"),
    "is_month_to_month": ("Contract", "Month-to-month"),
    "is_two_year": ("Contract", "Two year"),
    "uses_electronic_check": ("PaymentMethod", "Electronic check"),
    "has_support": ("TechSupport", "Yes"),
    "has_security": ("OnlineSecurity", "Yes"),
}
FEATURES = ("monthly_charges", "tenure_months", *WORDS)
Change = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]


@dataclass(frozen=True)
class Fault:
    """A planted fault: a shock of the telecom, or a change of its extract from day 60 on, and its right class."""

    right: str
    shock: Shock | None = None
    change: Change | None = None
    flips_labels: bool = False


def unit_of_charges(rows: pl.DataFrame, _: np.random.Generator) -> pl.DataFrame:
    """Charges in cents."""
    return rows.with_columns(pl.col("monthly_charges") * 100)


def lost_word(rows: pl.DataFrame, _: np.random.Generator) -> pl.DataFrame:
    """The source says DSL for every fiber customer."""
    return rows.with_columns(is_fiber=pl.lit(0.0))


def other_population(rows: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """A fifth more customers, all new and without a fixed term."""
    new = rows.sample(fraction=0.2, seed=int(draw.integers(2**31)))
    joined = new.with_columns(
        pl.col("customerID") + "-new", tenure_months=pl.lit(1.0), is_month_to_month=pl.lit(1.0), is_two_year=pl.lit(0.0)
    )
    return pl.concat([rows, joined])


FAULTS = {
    "price rise": Fault("price", price_rise_of(f"{FAULT}:0.15")),
    "unit change of charges": Fault("feed fault", change=unit_of_charges),
    "a word is lost": Fault("feed fault", change=lost_word),
    "population shift": Fault("mix", change=other_population),
    "outage": Fault("calibration check", replace(outage_of(f"{FAULT}:30"), log_odds=1.0)),
    "competitor": Fault("calibration check", competitor_of(f"{FAULT}:30")),
    "label flip": Fault("calibration check", flips_labels=True),
}


@dataclass(frozen=True)
class Telecom:
    """The active customers of some days, and the model of day 0."""

    days: dict[int, pl.DataFrame]
    model: Pipeline
    profiles: dict[str, FeatureProfile]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]

    def score(self, rows: pl.DataFrame) -> pl.DataFrame:
        """customerID, p and r; features beyond the training are clipped, as the product does."""
        given = np.clip(rows.select(FEATURES).to_numpy(), self.lows, self.highs)
        leaving = pl.Series("p", self.model.predict_proba(given)[:, 1])
        return rows.select("customerID", leaving, (pl.col("monthly_charges") * 12).alias("r"))


def simulate(seed: int, customers: int, days: list[int], shock: Shock | None = None) -> Telecom:
    """Simulates a telecom and fits a model on who left in the 30 days after day 0."""
    world = World(customers, seed, shocks=(shock,) if shock else ())
    wanted, found = {0, MONTH, *days}, {}
    for day in live(world, max(wanted) + 1):
        if day.number in wanted:
            found[day.number] = _features(day.extract).filter(
                pl.col("customerID").is_in(day.truth["customerID"].implode())
            )
    start = found[0]
    given = start.select(FEATURES).to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(given, has_left(start, found[MONTH]))
    return Telecom(found, model, profile_features(start, FEATURES), given.min(axis=0), given.max(axis=0))


def _features(extract: pl.DataFrame) -> pl.DataFrame:
    return extract.select(
        "customerID",
        pl.col("MonthlyCharges").cast(pl.Float64).alias("monthly_charges"),
        pl.col("tenure").cast(pl.Float64).alias("tenure_months"),
        *((pl.col(column) == word).cast(pl.Float64).alias(name) for name, (column, word) in WORDS.items()),
    )


def has_left(rows: pl.DataFrame, later: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether each customer is gone on the later day."""
    return (~rows["customerID"].is_in(later["customerID"].implode())).to_numpy()


def compare_days(telecom: Telecom, before: pl.DataFrame, now: pl.DataFrame) -> tuple[list[FeatureDay], Movement]:
    """What the product stores of a day: the spread of the features, and the parts of the change."""
    return [_compare(telecom, name, before, now) for name in FEATURES], take_apart(
        telecom.score(before), telecom.score(now)
    )


def _compare(telecom: Telecom, name: str, before: pl.DataFrame, now: pl.DataFrame) -> FeatureDay:
    profile = telecom.profiles[name]

    def count(rows: pl.DataFrame) -> tuple[int, ...]:
        places = np.searchsorted(profile.edges, rows[name].to_numpy(), side="right")
        return tuple(int(count) for count in np.bincount(places, minlength=len(profile.shares)))

    bins, earlier = count(now), count(before)
    psi, since = measure_psi(bins, profile.shares), measure_psi(bins, earlier)
    means = [float(np.mean(rows[name].to_numpy())) for rows in (now, before)]
    return FeatureDay(name, 0.0, means[0], bins, psi, 0.0, since, 0.0, means[1], earlier)


def take_apart(first: pl.DataFrame, second: pl.DataFrame) -> Movement:
    """The parts of the change, by the formula of churn/stores/rows/changes.py."""
    both = first.join(second, on="customerID", suffix="_now")
    joined, gone = (one.join(other, on="customerID", how="anti") for one, other in ((second, first), (first, second)))
    price = ((both["r_now"] - both["r"]) * (both["p_now"] + both["p"]) / 2).sum()
    behaviour = ((both["p_now"] - both["p"]) * (both["r_now"] + both["r"]) / 2).sum()
    before, after, came, went = (float((one["p"] * one["r"]).sum()) for one in (first, second, joined, gone))
    return Movement(before, after, 0, came, -went, price, behaviour, 0, joined.height, gone.height)


def check_month(telecom: Telecom, rows: pl.DataFrame, left: NDArray[np.bool_]) -> list[str]:
    """The checks that a matured day breaks."""
    scores = telecom.score(rows)
    p, y = scores["p"].to_numpy(), left.astype(float)
    sums = pl.DataFrame(
        {"customers": 1.0, "leavers": y, "weight": 1.0, "weight_squared": 1.0, "left": y, "expected": p}
        | {"variance": p * (1 - p), "flagged": 0.0, "flagged_leavers": 0.0, "loss_left": 0.0, "loss_expected": 0.0}
        | {"loss_variance": 0.0, "log_loss": 0.0, "log_loss_squared": 0.0, "cell": np.floor(p * CELLS_A_UNIT)}
    )
    cells = sums.group_by(pl.col("cell").cast(pl.Int64).cast(pl.String).alias("value")).agg(pl.exclude("cell").sum())
    whole = sums.select(pl.lit(ALL).alias("value"), pl.exclude("cell").sum())
    groups = pl.concat([one.with_columns(dimension=pl.lit(name)) for one, name in ((cells, PROBABILITY), (whole, ALL))])
    told = judge(groups, has_horizon=True, has_money=False)
    figures = {"prediction_date": FIRST, "window_days": MONTH, "actual_leavers": told.people.actual}
    figures |= {"expected_leavers": told.people.expected, "expected_leavers_high": told.people.high}
    figures |= {"lift": told.lift.value, "lift_high": told.lift.high} if told.lift else {}
    return [one.check for one in check_performance(Performance(**{**NOTHING, **figures}), LIMITS)]  # type: ignore[arg-type]


def name_fault(fault: Fault, seed: int, customers: int) -> str:
    """What monitoring names first after the fault."""
    telecom = simulate(seed, customers, [FAULT - 1, FAULT, FAULT + MONTH], fault.shock)
    before, now, later = (telecom.days[day] for day in (FAULT - 1, FAULT, FAULT + MONTH))
    if fault.change is not None:
        now = fault.change(now, np.random.default_rng(seed))
    features, movement = compare_days(telecom, before, now)
    if causes := find_causes(features, movement, LIMITS):
        return causes[0].kind
    left = has_left(now, later)
    broken = check_month(telecom, now, ~left if fault.flips_labels else left)
    return broken[0] if broken else "nothing"


def count_alarms(seed: int, customers: int) -> int:
    """The incidents of 60 quiet days: a check that stays broken is one."""
    days = list(range(MONTH, MONTH + 61))
    telecom = simulate(seed, customers, [*range(61), *days])
    alarms, is_open = 0, set[str]()
    for day in days[1:]:
        features, _ = compare_days(telecom, telecom.days[day - 1], telecom.days[day])
        matured = telecom.days[day - MONTH]
        broken = {f"feed {one.evidence}" for one in find_faults(features, LIMITS)}
        broken |= set(check_month(telecom, matured, has_left(matured, telecom.days[day])))
        alarms += len(broken - is_open)
        is_open = broken
    return alarms


def main(seeds: int = 20, customers: int = 7_043) -> None:
    """Prints what was named first, and the false alarms."""
    print(f"{seeds} seeds, {customers:,} customers\n\nplanted fault           right class         named first")
    for name, fault in FAULTS.items():
        named = Counter(name_fault(fault, seed, customers) for seed in range(seeds))
        right = named[fault.right] / seeds
        print(f"{name:24}{fault.right:20}{right:.0%}   {dict(named)}", flush=True)
    alarms = [count_alarms(seed, customers) for seed in range(seeds)]
    print(f"\nfalse alarms in 60 quiet days: {sum(alarms) / seeds:.2f} a telecom, at most {max(alarms)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

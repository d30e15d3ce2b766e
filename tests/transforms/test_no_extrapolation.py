"""What the model has not seen yet never moves its risk against the truth: prices rise, networks fail, units change."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import PRICE_FEATURES
from churn.learning.candidates import predict_leaving
from churn.learning.params import ModelParams
from churn.learning.training import Training, train
from churn.scoring.extrapolation import OutOfRange, tell_out_of_range
from churn.simulation.living import World
from churn.simulation.shocks import outage_of, price_rise_of
from tests.support.simulated import FIRST, compute_features, label_windows, simulate_days

FAST = ModelParams(forest_trees=40, boosting_rounds=100)
BEFORE, RISE, TODAY = 59, 60, 89
SEEDS = [7, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 39))]


@dataclass(frozen=True)
class Base:
    """A telecom whose prices rise by a tenth just after the newest matured day, and its champion of the last day."""

    seed: int
    training: Training
    features: pl.DataFrame
    hazards: dict[int, float]

    def on(self, day: int) -> pl.DataFrame:
        is_day = pl.col("as_of_date") == FIRST + timedelta(days=day)
        return self.features.filter(is_day & ~pl.col("has_churned"))


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def base(project: Any, request: pytest.FixtureRequest) -> Base:
    world = World(7043, request.param, shocks=(price_rise_of(f"{RISE}:0.1"), outage_of("30:7")))
    raw, truth = simulate_days(world, [BEFORE - 30, BEFORE, RISE, TODAY])
    features = compute_features(project, raw)
    examples, labels = label_windows(features, truth, [BEFORE - 30, BEFORE])
    hazards = {day: float(rows["monthly_hazard"].mean()) for day, rows in truth.items()}
    return Base(request.param, train(examples, FAST, labels), features, hazards)


def test_a_price_rise_never_reads_as_good_news(base: Base) -> None:
    assert base.hazards[RISE] > base.hazards[BEFORE] * 1.2
    for candidate in base.training.candidates:
        before, after = (predict_leaving(candidate.model, base.on(day)) for day in (BEFORE, RISE))
        losses = [
            float((risk * base.on(day)["monthly_charges"].to_numpy()).sum())
            for risk, day in ((before, BEFORE), (after, RISE))
        ]

        assert after.mean() > before.mean() * 0.995, candidate.family
        assert (after > 0.15).sum() >= (before > 0.15).sum() * 0.97, candidate.family
        assert losses[1] > losses[0], candidate.family


def test_no_customer_becomes_safer_by_a_higher_price(base: Base) -> None:
    rows = base.on(BEFORE)
    for dollars in (0.5, 3.0, 10.0, 100.0):
        dearer = rows.with_columns(pl.col(name) + dollars for name in PRICE_FEATURES)
        for candidate in base.training.candidates:
            change = predict_leaving(candidate.model, dearer) - predict_leaving(candidate.model, rows)
            assert change.min() > -1e-9, (candidate.family, dollars)


def test_a_change_of_unit_is_clipped(base: Base) -> None:
    """Charges in cents: the risk is that of the highest price ever seen, and not beyond."""
    assert base.training.ranges is not None
    rows = base.on(BEFORE)
    cents = rows.with_columns(pl.col(name) * 100 for name in PRICE_FEATURES)
    low, high = base.training.ranges["price_above_list_usd"]
    edge = rows.with_columns(
        monthly_charges=pl.lit(base.training.ranges["monthly_charges"][1]),
        price_above_list_usd=(pl.col("price_above_list_usd") * 100).clip(low, high),
    )

    for candidate in base.training.candidates:
        assert np.allclose(predict_leaving(candidate.model, cents), predict_leaving(candidate.model, edge))


def tell_outside(base: Base, rows: pl.DataFrame) -> str:
    """What the page says of some customers: which of their features lie outside what the training has seen."""
    assert base.training.ranges is not None
    counts = [
        OutOfRange(name, int((~rows[name].is_between(low, high)).sum()), rows.height)
        for name, (low, high) in base.training.ranges.items()
    ]
    return tell_out_of_range(counts)


def test_the_page_names_the_cause_of_a_price_rise(base: Base) -> None:
    assert "the prices of" not in tell_outside(base, base.on(BEFORE))
    assert "the prices of" in tell_outside(base, base.on(RISE))


def test_a_new_product_above_every_price_that_was_seen_never_lowers_the_risk(base: Base) -> None:
    """One in ten customers moves to a tariff of $250 a month. The simulator's hazard does not depend on it."""
    rows = base.on(BEFORE)
    is_new = pl.int_range(pl.len()) % 10 == 0
    moved = rows.with_columns(
        monthly_charges=pl.when(is_new).then(250.0).otherwise("monthly_charges"),
        price_above_list_usd=pl.when(is_new).then(125.0).otherwise("price_above_list_usd"),
    )

    assert "the prices of 10%" in tell_outside(base, moved)
    for candidate in base.training.candidates:
        before, after = (predict_leaving(candidate.model, one) for one in (rows, moved))
        assert (after - before).min() > -1e-9, candidate.family
        assert after.mean() < before.mean() * 1.25, candidate.family


def test_an_outage_that_no_feature_shows_leaves_the_risk_where_it_was(base: Base, project: Any) -> None:
    """The true hazard rises and no feature shows why: the mean must not fall by more than the mix of customers does."""
    world = World(7043, base.seed, shocks=(outage_of("30:7"), outage_of(f"{RISE}:7")))
    raw, truth = simulate_days(world, [BEFORE, RISE + 3])
    during = compute_features(project, raw).filter(
        (pl.col("as_of_date") == FIRST + timedelta(days=RISE + 3)) & ~pl.col("has_churned")
    )

    assert float(truth[RISE + 3]["monthly_hazard"].mean()) > base.hazards[BEFORE] * 1.1
    assert "the prices of" not in tell_outside(base, during)
    for candidate in base.training.candidates:
        before, after = (predict_leaving(candidate.model, one).mean() for one in (base.on(BEFORE), during))
        assert after > before * 0.98, candidate.family


def test_the_level_is_that_of_the_newest_window(base: Base) -> None:
    newest = base.training.split.test
    selected = predict_leaving(base.training.selected.model, newest)

    assert selected.mean() == pytest.approx(newest["has_churned"].to_numpy().mean(), abs=1e-6)


def test_every_effect_has_a_direction_in_every_family(base: Base) -> None:
    params = base.training.params

    assert params.directions is not None
    assert 0 not in params.kept_directions()
    assert set(PRICE_FEATURES) <= set(params.features())

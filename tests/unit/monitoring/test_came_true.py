"""Figures of aggregated cells are those of the customers, and their intervals hold the truth as often as they say."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from churn.monitoring import figures
from churn.monitoring.came_true import ALL, CHARGE, LISTED, PROBABILITY, judge, outcome_rows
from churn.monitoring.cells import CELLS_A_UNIT, SUMS, Cells

Array = NDArray[np.float64]


def make_day(
    seed: int, customers: int = 3_000, off: float = 1.0, weight: Array | None = None
) -> tuple[Array, Array, Array, Array]:
    """Probabilities, who left, charges and weights; the true chance is `off` times the probability."""
    draw = np.random.default_rng(seed)
    probabilities = draw.beta(0.8, 14, customers)
    left = (draw.random(customers) < np.minimum(off * probabilities, 1)).astype(float)
    charges = draw.integers(2_000, 11_000, customers) / 100
    return probabilities, left, charges, np.ones(customers) if weight is None else weight


DIMENSIONS = (PROBABILITY, CHARGE, LISTED, ALL)


def as_groups(
    probabilities: Array,
    left: Array,
    charges: Array,
    weight: Array,
    listed: int = 100,
    dimensions: tuple[str, ...] = DIMENSIONS,
) -> pl.DataFrame:
    """The groups of a day as the database gives them."""
    revenue, noise = charges * 12, weight**2 * probabilities * (1 - probabilities)
    log_loss = -weight * np.log(np.where(left == 1, probabilities, 1 - probabilities))
    rank = np.argsort(np.argsort(-probabilities * charges))
    rows = pl.DataFrame(
        {
            PROBABILITY: np.floor(probabilities * CELLS_A_UNIT).astype(int).astype(str),
            CHARGE: np.round(charges * 100).astype(int).astype(str),
            LISTED: np.where(rank < listed, "true", "false"),
            ALL: ALL,
            "customers": 1,
            "leavers": left,
            "weight": weight,
            "weight_squared": weight**2,
            "left": weight * left,
            "expected": weight * probabilities,
            "variance": noise,
            "loss_left": weight * left * revenue,
            "loss_expected": weight * probabilities * revenue,
            "loss_variance": noise * revenue**2,
            "log_loss": log_loss,
            "log_loss_squared": log_loss**2,
            "flagged": (probabilities > 0.1).astype(int),
            "flagged_leavers": ((probabilities > 0.1) & (left == 1)).astype(int),
        }
    )
    return pl.concat(
        rows.group_by(pl.col(name).alias("value"))
        .agg(pl.exclude(*DIMENSIONS).sum())
        .select(pl.lit(name).alias("dimension"), pl.all())
        for name in dimensions
    )


def test_the_figures_of_cells_are_those_of_the_customers() -> None:
    probabilities, left, charges, weight = make_day(1)
    judged = judge(as_groups(probabilities, left, charges, weight), has_horizon=True, has_money=True)

    assert judged.pr_auc is not None
    assert judged.log_loss is not None
    assert judged.lift is not None
    assert judged.pr_auc.value == pytest.approx(average_precision_score(left, probabilities), abs=2e-3)
    losses = -np.log(np.where(left == 1, probabilities, 1 - probabilities))
    assert judged.log_loss.value == pytest.approx(losses.mean())
    first = np.argsort(-probabilities)[: len(left) // 10]
    assert judged.lift.value == pytest.approx(left[first].mean() / left.mean(), rel=0.02)
    assert (judged.customers, judged.leavers) == (3_000, int(left.sum()))
    assert judged.people.expected == pytest.approx(probabilities.sum())
    assert judged.money is not None
    assert judged.money.actual == pytest.approx((left * charges * 12).sum())


def test_the_list_stands_beside_lists_of_the_same_length() -> None:
    probabilities, left, charges, weight = make_day(2)
    judged = judge(as_groups(probabilities, left, charges, weight, listed=200), has_horizon=True, has_money=True)
    called = judged.called

    assert called is not None
    listed = np.argsort(-probabilities * charges)[:200]
    assert (called.length, called.leavers) == (200, left[listed].sum())
    assert called.at_random == pytest.approx(200 * left.mean())
    dearest = charges >= np.sort(charges)[-200]
    assert called.by_charge == pytest.approx(left[dearest].sum(), abs=2)
    assert called.loss == pytest.approx((left * charges * 12)[listed].sum())


def test_the_held_out_stand_for_those_whom_a_campaign_contacted() -> None:
    """A fifth of the risky customers is held out with weight 5: expected and real leavers are those of all."""
    probabilities, left, charges, _ = make_day(3, customers=60_000)
    risky = probabilities > 0.1
    held_out = np.random.default_rng(3).random(len(left)) < 0.2
    judged = ~risky | held_out
    weight = np.where(risky, 5.0, 1.0)[judged]
    whole = judge(as_groups(probabilities, left, charges, np.ones(len(left))), has_horizon=True, has_money=True)
    part = judge(
        as_groups(probabilities[judged], left[judged], charges[judged], weight), has_horizon=True, has_money=True
    )

    assert part.customers < whole.customers
    assert part.people.actual == pytest.approx(whole.people.actual, rel=0.05)
    assert part.people.expected == pytest.approx(whole.people.expected or 0, rel=0.05)
    assert whole.pr_auc is not None
    assert part.pr_auc is not None
    assert part.pr_auc.low < whole.pr_auc.value < part.pr_auc.high
    assert part.pr_auc.high - part.pr_auc.low > whole.pr_auc.high - whole.pr_auc.low


def test_true_probabilities_are_within_their_bands_and_wrong_ones_are_not() -> None:
    """150 months of exact probabilities: leavers, money and the calibration error are inside in about 95%."""
    inside = {"leavers": 0, "money": 0, "error": 0}
    for seed in range(150):
        groups = as_groups(*make_day(seed, customers=1_000), dimensions=(PROBABILITY, ALL))
        judged = judge(groups, has_horizon=True, has_money=True)
        people, money = judged.people, judged.money
        assert money is not None
        inside["leavers"] += (people.low or 0) <= people.actual <= (people.high or 0)
        inside["money"] += (money.low or 0) <= money.actual <= (money.high or 0)
        inside["error"] += (judged.calibration_error or 0) <= (judged.calibration_noise or 0)

    assert 0.92 <= inside["leavers"] / 150 <= 0.98
    assert 0.92 <= inside["money"] / 150 <= 0.98
    assert inside["error"] / 150 >= 0.95
    wrong = judge(as_groups(*make_day(1, off=1.5)), has_horizon=True, has_money=True)
    assert wrong.people.actual > (wrong.people.high or 0)
    assert (wrong.calibration_error or 0) > (wrong.calibration_noise or 0)


def test_the_interval_of_pr_auc_holds_the_truth_in_about_95_percent() -> None:
    draw = np.random.default_rng(5)
    probabilities = draw.beta(0.8, 14, 400_000)
    truth = average_precision_score(draw.random(400_000) < probabilities, probabilities)
    inside = 0
    for _ in range(100):
        chosen = np.sort(draw.choice(probabilities, 8_000))[::-1]
        left = (draw.random(8_000) < chosen).astype(float)
        nothing, ones = np.zeros(8_000), np.ones(8_000)
        cells = Cells(ones, left, ones, ones, left, *[nothing] * (len(SUMS) - 5))
        interval = figures.pr_auc_interval(cells)
        inside += interval.low <= truth <= interval.high

    assert 0.92 <= inside / 100 <= 0.98


def test_probabilities_without_a_horizon_are_ranks_only() -> None:
    groups = as_groups(*make_day(6))
    judged, stored = (do(groups, has_horizon=False, has_money=False) for do in (judge, outcome_rows))

    assert (judged.people.expected, judged.money, judged.log_loss, judged.calibration_error) == (None,) * 4
    assert judged.pr_auc is not None
    assert stored["expected_leavers"].null_count() == stored["actual_loss_usd"].null_count() == stored.height


def test_a_day_with_few_leavers_has_no_rank() -> None:
    probabilities, left, charges, weight = make_day(7, customers=200)
    left[:] = 0
    left[:19] = 1
    judged = judge(as_groups(probabilities, left, charges, weight), has_horizon=True, has_money=True)

    assert (judged.pr_auc, judged.lift) == (None, None)
    assert judged.people.actual == 19


def test_the_stored_deciles_add_up_to_the_day() -> None:
    stored = outcome_rows(as_groups(*make_day(8)), has_horizon=True, has_money=True)
    deciles, (whole,) = stored.filter(dimension="decile"), stored.filter(dimension=ALL).rows(named=True)

    assert deciles["value"].to_list() == [f"{number:02d}" for number in range(1, 11)]
    for name in ("customers_count", "leavers_count", "expected_leavers", "actual_loss_usd"):
        assert deciles[name].sum() == pytest.approx(whole[name])
    assert deciles["expected_leavers"].is_sorted(descending=True)

"""The estimate of a month holds what happens, if the probabilities are true, and says so of each figure."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score

from churn.monitoring.cells import CELLS_A_UNIT
from churn.monitoring.estimates import Estimate, estimate


def estimate_of(probabilities: np.ndarray) -> Estimate:
    """The estimate of customers, from the cells that the database makes of them."""
    rows = pl.DataFrame({"p": probabilities, "revenue": 800.0})
    cells = (
        rows.group_by((pl.col("p") * CELLS_A_UNIT).floor().alias("cell"))
        .agg(
            customers=pl.len(),
            expected=pl.col("p").sum(),
            variance=(pl.col("p") * (1 - pl.col("p"))).sum(),
            loss=(pl.col("p") * pl.col("revenue")).sum(),
            loss_variance=(pl.col("p") * (1 - pl.col("p")) * pl.col("revenue") ** 2).sum(),
        )
        .sort("cell", descending=True)
    )
    return estimate(cells)


def count_inside(windows: int, customers: int) -> dict[str, float]:
    """The share of simulated windows whose real figures are inside the bands, each window with customers of its own."""
    draw, inside = np.random.default_rng(11), {"leavers": 0, "pr_auc": 0, "lift": 0}
    for _ in range(windows):
        probabilities = draw.beta(0.8, draw.uniform(8, 20), customers)
        left = draw.random(customers) < probabilities
        told = estimate_of(probabilities)
        top = np.argsort(-probabilities)[: customers // 10]
        real = {
            "leavers": float(left.sum()),
            "pr_auc": float(average_precision_score(left, probabilities)),
            "lift": float(left[top].mean() / left.mean()),
        }
        for name, value in real.items():
            band = getattr(told, name)
            inside[name] += band.low <= value <= band.high
    return {name: count / windows for name, count in inside.items()}


def test_what_happens_is_inside_the_band_in_most_windows() -> None:
    inside = count_inside(40, 2_000)

    assert min(inside.values()) >= 0.87  # 40 windows: a share of 95% gives fewer than 35 in 1 of 100 cases


@pytest.mark.slow
def test_what_happens_is_inside_the_band_in_95_percent_of_500_windows() -> None:
    inside = count_inside(500, 7_000)

    assert {name: 0.93 <= share <= 0.97 for name, share in inside.items()} == dict.fromkeys(inside, True), inside


def test_many_cells_are_joined_without_moving_the_estimate() -> None:
    draw = np.random.default_rng(3)
    probabilities = draw.beta(0.8, 14, 60_000)
    told = estimate_of(probabilities)

    assert told.pr_auc is not None
    assert told.pr_auc.value == pytest.approx(
        average_precision_score(draw.random(60_000) < probabilities, probabilities), abs=0.01
    )
    assert told.leavers.value == pytest.approx(probabilities.sum())
    assert told.loss is not None
    assert told.loss.value == pytest.approx(800 * probabilities.sum())


def test_a_date_on_which_nobody_is_expected_to_leave_has_no_rank() -> None:
    told = estimate_of(np.full(100, 0.001))

    assert (told.pr_auc, told.lift) == (None, None)
    assert told.leavers.value == pytest.approx(0.1)

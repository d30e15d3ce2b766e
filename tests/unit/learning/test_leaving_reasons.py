"""Why customers leave is told where the columns say it, and not where they do not."""

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FeatureSet
from churn.learning.leaving_reasons import (
    FEWEST_OF_A_GROUP,
    OTHER,
    count_reasons,
    fit_reasons,
    group_reasons,
    measure_reasons,
)

GIVEN = FeatureSet((("price", 0), ("faults", 0), ("plan", 0)), words=("plan",), blanks=("faults",))


def make_leavers(effect: float, count: int = 600, seed: int = 5) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Leavers, the groups of their reasons, and the true probabilities of the groups."""
    random = np.random.default_rng(seed)
    price, faults = random.normal(size=count), random.normal(size=count)
    scores = effect * np.column_stack([price, faults, np.zeros(count)])
    true = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    groups = np.array(["price", "service", "moved"])[(true.cumsum(axis=1) > random.random((count, 1))).argmax(axis=1)]
    unknown = random.random(count) < 0.1
    rows = pl.DataFrame(
        {"price": price, "faults": np.where(unknown, np.nan, faults), "plan": random.choice(["A", "B"], count)}
    )
    return rows.with_columns(pl.col("faults").fill_nan(None)), groups, true


def test_reasons_that_the_columns_say_are_told() -> None:
    leavers, groups, _ = make_leavers(effect=1.0)
    figures = measure_reasons(leavers, groups, GIVEN)

    assert figures.gain_low > 0
    assert figures.log_loss < figures.shares_log_loss


def test_reasons_that_the_columns_do_not_say_are_not_told_and_the_answer_is_about_the_shares() -> None:
    leavers, groups, _ = make_leavers(effect=0.0)
    figures = measure_reasons(leavers, groups, GIVEN)
    model = fit_reasons(leavers, groups, GIVEN)

    assert figures.gain_low <= 0
    shares = [(groups == group).mean() for group in model.classes_]
    assert np.abs(model.predict_proba(leavers.select(GIVEN.names)) - shares).max() < 0.12


@pytest.mark.parametrize("effect", [0.5, 1.5])
def test_the_probabilities_are_calibrated(effect: float) -> None:
    leavers, groups, _ = make_leavers(effect, count=1_500)
    others, theirs, _ = make_leavers(effect, count=4_000, seed=6)
    model = fit_reasons(leavers, groups, GIVEN)
    given = model.predict_proba(others.select(GIVEN.names))

    for place, group in enumerate(model.classes_):
        order = np.argsort(given[:, place])
        for tenth in np.array_split(order, 5):
            assert given[tenth, place].mean() == pytest.approx((theirs[tenth] == group).mean(), abs=0.07)


def test_reasons_are_counted_in_two_levels_and_rare_groups_are_learned_as_one() -> None:
    reasons = pl.Series(
        "reason", ["too dear"] * 30 + ["competitor"] * 25 + ["offer"] * 40 + ["died"] * (FEWEST_OF_A_GROUP - 1)
    )
    groups = {"too dear": "price", "offer": "competitor"}

    assert [(one.group, one.reason, one.leavers) for one in count_reasons(reasons, groups)] == [
        ("competitor", "offer", 40),
        ("competitor", "competitor", 25),
        ("price", "too dear", 30),
        ("died", "died", 19),
    ]
    assert set(group_reasons(reasons, groups)) == {"competitor", "price", OTHER}

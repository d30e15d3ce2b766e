"""Tiers: what each promised and what it met, and who changes tier between two models."""

import numpy as np
import polars as pl
import pytest

from churn.economics.tiers import count_tier_changes, tell_tiers


def test_each_tier_tells_its_customers_and_both_rates() -> None:
    scored = pl.DataFrame(
        {"churn_probability": [0.9, 0.7, 0.6, 0.1, 0.2], "has_churned": [True, True, False, False, True]}
    )
    tiers = {row["risk_tier"]: row for row in tell_tiers(scored)}

    assert list(tiers) == ["High", "Medium", "Low"]
    assert [(row["customers"], row["leavers"]) for row in tiers.values()] == [(2, 2), (1, 0), (2, 1)]
    assert tiers["High"]["promised_rate"] == pytest.approx(0.8)
    assert tiers["Low"]["left_rate"] == 0.5


def test_who_changes_tier_is_counted_once() -> None:
    before, after = np.array([0.49, 0.5, 0.69, 0.9]), np.array([0.5, 0.69, 0.7, 0.95])
    assert count_tier_changes(before, after) == 2

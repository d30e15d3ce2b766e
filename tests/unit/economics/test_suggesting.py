"""What each rule would give, counted by hand."""

from dataclasses import replace

import polars as pl
import pytest

from churn.economics.suggesting import suggest_rules
from tests.support.policies import POLICIES

LEFT = [True, True, True, False, False, True] + [False] * 94
SCORED = pl.DataFrame(
    {
        "has_churned": LEFT,
        "churn_probability": [0.9, 0.6, 0.3, 0.2, 0.1, 0.05] + [0.01] * 94,
        "monthly_charges": [65.0] * 100,
    }
)


def test_each_rule_is_told_by_its_customers_precision_leavers_and_profit() -> None:
    share = replace(POLICIES.tiers, high_share=0.01, medium_share=0.04)
    by_probability, by_lift, by_share = suggest_rules(SCORED, replace(POLICIES, tiers=share))

    assert (by_probability.high_count, by_probability.medium_count) == (1, 1)
    assert (by_probability.precision, by_probability.leaver_share) == (1.0, 0.5)
    assert by_probability.profit_usd == pytest.approx(2 * 103.30)
    assert (by_lift.high_from, by_lift.medium_from) == (0.16, 0.08)
    assert (by_lift.high_count, by_lift.medium_count) == (4, 1)
    assert by_lift.precision == pytest.approx(0.6)
    assert (by_share.high_count, by_share.medium_count, by_share.leaver_share) == (1, 3, 0.75)


def test_a_tier_without_a_customer_has_no_precision() -> None:
    safe = SCORED.with_columns(churn_probability=0.01)

    assert suggest_rules(safe, POLICIES)[0].precision is None
    assert suggest_rules(safe, POLICIES)[0].profit_usd == 0

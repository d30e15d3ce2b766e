"""Tiers: where they begin, what each promised and what it met, and who changes tier between two models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.economics.policies import POLICY_FILE, TierRule, load_policies
from churn.economics.tiers import choose_rule, count_tier_changes, resolve_tiers, risk_tier, tell_tiers
from churn.errors import WrongUsage
from tests.support.policies import POLICIES, TIERS


def test_each_tier_tells_its_customers_and_both_rates() -> None:
    scored = pl.DataFrame(
        {"churn_probability": [0.9, 0.7, 0.6, 0.1, 0.2], "has_churned": [True, True, False, False, True]}
    )
    tiers = {row.risk_tier: row for row in tell_tiers(scored, TIERS)}

    assert list(tiers) == ["High", "Medium", "Low"]
    assert [(row.customers, row.leavers) for row in tiers.values()] == [(2, 2), (1, 0), (2, 1)]
    assert tiers["High"].promised_rate == pytest.approx(0.8)
    assert tiers["Low"].left_rate == 0.5


def test_who_changes_tier_is_counted_once() -> None:
    before, after = np.array([0.49, 0.5, 0.69, 0.9]), np.array([0.5, 0.69, 0.7, 0.95])
    assert count_tier_changes(TIERS, before, after) == 2


def bounds(rule: TierRule, **needs: object) -> tuple[float, float]:
    tiers = resolve_tiers(POLICIES.tiers, rule, **needs)  # type: ignore[arg-type]
    return tiers.high.probability_from, tiers.medium.probability_from


def test_a_lift_is_a_multiple_of_the_base_rate() -> None:
    assert bounds("lift", base_rate=0.04) == (0.16, 0.08)


def test_a_lift_that_nobody_can_reach_makes_an_empty_tier() -> None:
    tiers = resolve_tiers(POLICIES.tiers, "lift", base_rate=0.3)
    certain = pl.DataFrame({"churn_probability": [1.0]})

    assert certain.select(risk_tier(tiers)).item() == "Medium"


def test_a_share_takes_the_customers_with_the_highest_scores() -> None:
    scores = np.random.default_rng(3).permutation(np.linspace(0.001, 0.1, 100))
    high, medium = bounds("share", probabilities=scores)

    assert ((scores >= high).sum(), (scores >= medium).sum()) == (5, 15)


def test_customers_with_the_same_score_are_in_the_same_tier() -> None:
    high, _ = bounds("share", probabilities=np.full(100, 0.2))

    assert high == 0.2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_share_of_few_customers_is_a_whole_number_of_them(count: int) -> None:
    scores = np.linspace(0.1, 0.3, count)
    high, medium = bounds("share", probabilities=scores)

    assert (scores >= high).sum() == 0
    assert high >= medium


@pytest.mark.parametrize(("has_horizon", "rule"), [(True, "lift"), (False, "probability")])
def test_the_rule_auto_follows_the_label(has_horizon: bool, rule: str) -> None:
    assert choose_rule(POLICIES.tiers, has_horizon) == rule
    assert choose_rule(replace(POLICIES.tiers, rule="share"), has_horizon) == "share"


@pytest.mark.parametrize(("base_rate", "rule"), [(0.04, "lift"), (0.157, "lift"), (0.265, "probability")])
def test_for_a_declared_extract_the_rule_auto_never_puts_high_out_of_reach(base_rate: float, rule: str) -> None:
    assert choose_rule(POLICIES.tiers, has_horizon=False, own_base_rate=base_rate) == rule


@pytest.mark.parametrize(
    "wrong",
    [{"rule": "top"}, {"high_lift": 0.5}, {"medium_probability": 0.8}, {"high_share": 0.5}, {"low_action": " "}],
)
def test_a_policy_whose_tiers_are_not_in_order_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(WrongUsage, match=f"tiers.{next(iter(wrong))}"):
        replace(POLICIES.tiers, **wrong)  # type: ignore[arg-type]


def test_a_policy_file_of_an_earlier_release_has_the_default_tiers(tmp_path: Path) -> None:
    older = tmp_path / "ours.toml"
    older.write_text(POLICY_FILE.read_text().partition("[tiers]")[0])

    assert load_policies(older).tiers == POLICIES.tiers

from decimal import Decimal
from typing import Any

import pytest

from churn.dashboard.mix import measure_drift
from churn.dashboard.segmentation import add_up, filter_profiles


def make_profile(**changes: Any) -> dict[str, Any]:
    return {
        "contract": "One year",
        "tenure_band": "0-12",
        "active_customers_count": 10,
        "at_risk_customers_count": 4,
        "high_count": 1,
        "active_probability_sum": Decimal("3.000000001"),
        "annual_revenue_usd": Decimal("1000.004"),
        "revenue_at_risk_usd": Decimal("400.004"),
        "expected_annual_loss_usd": Decimal("300.004"),
        "expected_loss_12m_usd": None,
    } | changes


def test_profiles_add_up_exactly_and_are_rounded_once() -> None:
    (total,) = add_up([make_profile(), make_profile(tenure_band="13-24")], ("contract",))

    assert total["active_customers_count"] == 20
    assert total["revenue_at_risk_usd"] == 800.01
    assert total["at_risk_rate"] == 0.4
    assert total["average_churn_probability"] == pytest.approx(0.3)


def test_the_loss_of_12_months_adds_up_where_the_scores_look_ahead() -> None:
    ahead = [make_profile(expected_loss_12m_usd=Decimal(loss)) for loss in ("100.004", "200.003")]

    assert add_up(ahead, ("contract",))[0]["expected_loss_12m_usd"] == 300.01
    assert add_up([make_profile()], ("contract",))[0]["expected_loss_12m_usd"] is None


def test_a_segment_without_active_customers_has_no_rate() -> None:
    (total,) = add_up([make_profile(active_customers_count=0, at_risk_customers_count=0)], ("contract",))

    assert total["at_risk_rate"] is None
    assert total["average_churn_probability"] is None


def test_a_filter_without_values_keeps_all() -> None:
    profiles = [make_profile(), make_profile(contract="Two year")]

    assert filter_profiles(profiles, {"contract": []}) == profiles
    assert filter_profiles(profiles, {"contract": ["Two year"]}) == profiles[1:]


def make_mix(**counts: int) -> list[dict[str, Any]]:
    return [{"dimension": "internet", "segment": name, "customers_count": count} for name, count in counts.items()]


def test_the_stability_index_is_that_of_the_worked_example() -> None:
    (found,) = measure_drift(make_mix(dsl=50, fiber=50), make_mix(dsl=40, fiber=60))

    assert found["stability_index"] == pytest.approx(0.0405, abs=1e-4)
    assert (found["verdict"], found["share_before"], found["share_now"]) == ("stable", 0.5, 0.4)


def test_a_segment_that_vanishes_makes_another_base() -> None:
    (found,) = measure_drift(make_mix(dsl=50, fiber=50), make_mix(fiber=100))

    assert found["verdict"] == "changed"
    assert found["stability_index"] > 2

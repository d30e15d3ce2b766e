import polars as pl
import pytest

from churn.economics import tiers
from tests.support.policies import TIERS


def money(probability: float, monthly: float = 70.0, months: float = 10.0, is_active: bool = True) -> dict[str, object]:
    customer = pl.DataFrame(
        {
            "churn_probability": [probability],
            "monthly_charges": [monthly],
            "tenure_months": [months],
            "is_active": [is_active],
        }
    )
    return customer.select(
        at_risk=tiers.at_risk_flag(TIERS),
        tier=tiers.risk_tier(TIERS),
        revenue_at_risk=tiers.revenue_at_risk_usd(TIERS),
        expected_loss=tiers.expected_annual_loss_usd(),
        lifetime_value=tiers.lifetime_value_usd(),
    ).row(0, named=True)


def test_the_worked_example_of_the_module() -> None:
    assert money(0.6) == {
        "at_risk": True,
        "tier": "Medium",
        "revenue_at_risk": 840.0,
        "expected_loss": 504.0,
        "lifetime_value": 700.0,
    }


def test_a_customer_who_left_has_nothing_left_to_lose() -> None:
    gone = money(0.6, is_active=False)

    assert (gone["revenue_at_risk"], gone["expected_loss"], gone["lifetime_value"]) == (0.0, 0.0, 700.0)


@pytest.mark.parametrize(
    ("probability", "tier"),
    [(0.0, "Low"), (0.4999, "Low"), (0.5, "Medium"), (0.6999, "Medium"), (0.7, "High"), (1.0, "High")],
)
def test_tiers_begin_at_their_bound(probability: float, tier: str) -> None:
    assert money(probability)["tier"] == tier


def test_a_low_probability_still_has_an_expected_loss() -> None:
    low = money(0.1)

    assert low["revenue_at_risk"] == 0.0
    assert low["expected_loss"] == pytest.approx(84.0)

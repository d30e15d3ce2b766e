"""The money of the coming months: figures that a person can check, and bounds that always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from churn.economics.future import expected_loss_usd, expected_months, future_value_usd, steepest_month

TWO_MONTHS = np.array([[0.9, 0.8]])
CHARGE = np.array([50.0])
hazards = arrays(np.float64, (5, 24), elements=st.floats(0, 1))


def test_the_worked_example() -> None:
    assert expected_months(TWO_MONTHS, 2) == pytest.approx([1.7])
    assert expected_loss_usd(TWO_MONTHS, CHARGE, 2) == pytest.approx([15.0])
    assert future_value_usd(TWO_MONTHS, CHARGE, margin_rate=0.5, yearly_discount=0.1) == pytest.approx(
        [42.01], abs=0.01
    )


@given(hazards, st.floats(0, 1), st.floats(0, 0.5))
def test_a_future_is_worth_at_least_nothing_and_at_most_every_margin(
    hazard: np.ndarray, margin: float, rate: float
) -> None:
    survival, charges = np.cumprod(1 - hazard, axis=1), np.full(5, 70.0)

    value = future_value_usd(survival, charges, margin, rate)

    assert (value >= 0).all()
    assert (value <= 24 * margin * charges + 1e-9).all()


@given(hazards)
def test_a_years_loss_lies_between_the_first_months_loss_and_the_years_bills(hazard: np.ndarray) -> None:
    survival, charges = np.cumprod(1 - hazard, axis=1), np.full(5, 70.0)

    loss = expected_loss_usd(survival, charges)

    assert (loss >= hazard[:, 0] * 12 * charges - 1e-6).all()
    assert (loss <= 12 * charges + 1e-6).all()


def test_the_best_month_to_call_is_the_month_with_the_highest_hazard() -> None:
    assert steepest_month(np.array([[0.99, 0.98, 0.80, 0.79]])) == [3]

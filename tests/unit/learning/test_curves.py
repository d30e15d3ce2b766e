import numpy as np
import pytest

from churn.contracts.decisions import Curves, Point, Slice
from churn.economics.policies import load_policies
from churn.economics.value import profit_if_contacted_usd
from churn.learning.curves import tell_curves

LABELS = np.array([True] * 5 + [False] * 35)
HONEST = np.linspace(0.9, 0.1, 40)
CHARGES = np.full(40, 50.0)
SENIORS = Slice("is_senior_citizen", "True", 40, 5, 0.5, 0.125, 0.5, None)


def curves() -> Curves:
    return tell_curves(LABELS, HONEST, CHARGES, [SENIORS], load_policies().value)


def test_calibration_tells_ten_groups_from_the_lowest_promise_up() -> None:
    points = curves().calibration

    assert len(points) == 10
    assert points[0] == Point(pytest.approx(HONEST[-4:].mean()), 0.0, 4)
    assert points[9] == Point(pytest.approx(HONEST[:4].mean()), 1.0, 4)


def test_gain_tells_the_leavers_found_by_the_share_contacted() -> None:
    points = curves().gain

    assert len(points) == 20
    assert points[0] == Point(0.05, pytest.approx(2 / 5), 2)
    assert points[2] == Point(0.15, 1.0, 6)
    assert points[19] == Point(1.0, 1.0, 40)


def test_profit_of_contacting_everybody_is_what_everybody_brings() -> None:
    everybody = profit_if_contacted_usd(LABELS, CHARGES, load_policies().value).mean() * 1000

    assert curves().profit[19].y == pytest.approx(everybody)


def test_slices_are_kept_in_their_order() -> None:
    assert curves().slices == (SENIORS,)

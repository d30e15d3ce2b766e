import numpy as np
import pytest

from churn.economics.policies import load_policies
from churn.economics.value import profit_if_contacted_usd
from churn.learning.curves import tell_curves
from churn.learning.slices import Slice

LABELS = np.array([True] * 5 + [False] * 35)
HONEST = np.linspace(0.9, 0.1, 40)
CHARGES = np.full(40, 50.0)
SENIORS = Slice("is_senior_citizen", "True", 40, 5, 0.5, 0.125, 0.5, None)


def curves() -> dict[str, dict[str, dict[str, object]]]:
    return tell_curves(LABELS, HONEST, CHARGES, [SENIORS], load_policies().value)


def test_calibration_tells_ten_groups_from_the_lowest_promise_up() -> None:
    points = curves()["calibration"]

    assert list(points) == [f"{number:02d}" for number in range(1, 11)]
    assert points["01"] == {"x": pytest.approx(HONEST[-4:].mean()), "y": 0.0, "customers": 4}
    assert points["10"] == {"x": pytest.approx(HONEST[:4].mean()), "y": 1.0, "customers": 4}


def test_gain_tells_the_leavers_found_by_the_share_contacted() -> None:
    points = curves()["gain"]

    assert len(points) == 20
    assert points["01"] == {"x": 0.05, "y": pytest.approx(2 / 5), "customers": 2}
    assert points["03"] == {"x": 0.15, "y": 1.0, "customers": 6}
    assert points["20"] == {"x": 1.0, "y": 1.0, "customers": 40}


def test_profit_of_contacting_everybody_is_what_everybody_brings() -> None:
    everybody = profit_if_contacted_usd(LABELS, CHARGES, load_policies().value).mean() * 1000

    assert curves()["profit"]["20"]["y"] == pytest.approx(everybody)


def test_slices_are_kept_in_their_order() -> None:
    assert curves()["slices"]["01"]["column"] == "is_senior_citizen"
    assert curves()["slices"]["01"]["roc_auc"] is None

"""What changed is named by its cause: a faulty feed is told from a price, a mix, a behaviour and a model."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from churn.economics.limits import LimitPolicy
from churn.monitoring.causes import find_causes, find_faults
from churn.monitoring.drift import FeatureDay, Movement, measure_psi
from churn.monitoring.profiles import profile_features

QUIET = Movement(100_000, 100_200, 0, 900, -800, 0, 100, 0, 12, 11)
NUMBER = FeatureDay(
    "monthly_charges",
    0.0,
    66.0,
    (250, 250, 250, 250),
    psi=0.01,
    psi_previous=0.001,
    trained_missing_share=0.0,
    previous_missing_share=0.0,
    previous_mean=65.8,
    previous_bins=(255, 245, 250, 250),
)
FLAG = replace(NUMBER, feature="flag", mean=0.4, previous_mean=0.41, bins=(600, 400), previous_bins=(590, 410))


def test_a_day_like_the_one_before_has_no_cause() -> None:
    assert find_causes([NUMBER, FLAG], QUIET, LimitPolicy()) == []


@pytest.mark.parametrize(
    ("day", "evidence"),
    [
        (
            replace(NUMBER, missing_share=0.3),
            "monthly_charges is missing for 30.0% of the customers; before it was 0.0%",
        ),
        (
            replace(NUMBER, mean=6_600.0, bins=(0, 0, 0, 1_000)),
            "monthly_charges has the same value for every customer; before it had 4 groups",
        ),
        (
            replace(NUMBER, mean=0.66, bins=(999, 1, 0, 0)),
            "monthly_charges has a mean of 0.66; before it was 65.80: another unit",
        ),
        (
            replace(FLAG, bins=(1_000, 0), mean=0.0),
            "flag has the same value for every customer; before it had 2 groups",
        ),
        (
            replace(NUMBER, feature="region", mean=None, previous_mean=None, bins=(0, 500, 0, 500)),
            "region lacks a word that 25.5% of the customers had before",
        ),
    ],
)
def test_a_fault_of_the_feed_is_told_with_its_evidence(day: FeatureDay, evidence: str) -> None:
    (cause,) = find_faults([NUMBER, day], LimitPolicy())

    assert (cause.kind, cause.evidence) == ("feed fault", evidence)
    assert find_causes([day], QUIET, LimitPolicy())[0] == cause


def test_a_rare_word_that_is_missing_is_no_fault() -> None:
    rare = replace(NUMBER, mean=None, previous_mean=None, bins=(500, 500, 0, 0), previous_bins=(500, 500, 15, 0))

    assert find_faults([rare], LimitPolicy()) == []


def test_the_causes_come_in_the_order_of_their_money() -> None:
    moved = replace(QUIET, by_price=9_000.0, by_behaviour=21_000.0, by_joined=40_000.0, by_model=-3_000.0)

    kinds = [cause.kind for cause in find_causes([replace(NUMBER, feature="tenure_months")], moved, LimitPolicy())]

    assert kinds == ["mix", "behaviour", "price", "model"]


def test_a_rise_of_prices_is_no_fault_of_the_feed() -> None:
    dearer = replace(NUMBER, mean=76.0, bins=(0, 330, 320, 350), psi_previous=0.2)
    # The probabilities follow the price, by more than the price itself: it is the cause of both.
    moved = replace(QUIET, by_price=12_000.0, by_behaviour=14_000.0)

    assert [cause.kind for cause in find_causes([dearer], moved, LimitPolicy())] == ["price", "behaviour"]


def test_the_psi_is_zero_for_the_same_spread_and_grows_with_the_shift() -> None:
    same, shifted, far = (measure_psi(bins, (0.25, 0.5, 0.25)) for bins in ((25, 50, 25), (35, 45, 20), (0, 20, 80)))

    assert same == pytest.approx(0)
    assert shifted is not None
    assert far is not None
    assert 0 < shifted < 0.1 < 0.25 < far
    assert measure_psi((0, 0, 0), (0.25, 0.5, 0.25)) is None


def test_a_profile_has_equal_bins_for_numbers_and_each_value_of_a_flag() -> None:
    draw = np.random.default_rng(1)
    rows = pl.DataFrame(
        {
            "charge": draw.normal(60, 20, 5_000),
            "flag": (draw.random(5_000) < 0.3).astype(float),
            "constant": np.ones(5_000),
            "region": draw.choice(["north", "south"], 5_000, p=[0.7, 0.3]),
        }
    ).with_columns(charge=pl.when(pl.int_range(pl.len()) < 500).then(None).otherwise("charge"))
    profiles = profile_features(rows, rows.columns)

    assert profiles["charge"].shares == pytest.approx([0.1] * 10, abs=0.001)
    assert profiles["charge"].missing == pytest.approx(0.1)
    assert profiles["flag"].edges == (1.0,)
    assert profiles["flag"].shares[1] == pytest.approx(rows["flag"].mean())
    assert (profiles["constant"].edges, profiles["constant"].shares) == ((1.0,), (0.0, 1.0))
    assert profiles["region"].words == ("north", "south")
    assert sum(profiles["region"].shares) == pytest.approx(1)

"""Segments are those that are there, keep their numbers, and say what they have in common."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FeatureSet
from churn.contracts.segments import Segmentation
from churn.learning.segmenting import FEWEST_CUSTOMERS, fit_segments, number_as_before

DAY = date(2026, 1, 31)
GIVEN = FeatureSet(
    (("calls", 0), ("spend_usd", 0), ("has_roaming", 0), ("plan", 0)), words=("plan",), blanks=("calls",)
)
CENTRES = {"Basic": (1.0, 10.0, 0.0), "Pro": (8.0, 60.0, 0.0), "World": (4.0, 120.0, 1.0), "Family": (15.0, 5.0, 1.0)}


def make_customers(plans: tuple[str, ...] = tuple(CENTRES), each: int = 150, seed: int = 3) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    plan = np.repeat(plans, each)
    calls, spend, roaming = np.array([CENTRES[name] for name in plan]).T
    return pl.DataFrame(
        {
            "calls": calls + random.normal(0, 1, len(plan)),
            "spend_usd": spend + random.normal(0, 5, len(plan)),
            "has_roaming": roaming,
            "plan": plan,
        }
    ).sample(fraction=1, shuffle=True, seed=seed)


def fit(customers: pl.DataFrame) -> Segmentation:
    found = fit_segments(customers, GIVEN, DAY)
    assert found is not None
    return found


def test_the_groups_that_are_there_are_found_and_their_number_is_chosen_by_stability() -> None:
    customers = make_customers()
    found = fit(customers)

    assert len(found.segments) == 4
    assert found.stability > 0.99
    assert found.stability >= max(stability for _, stability in found.tried) - 0.05
    pairs = customers.with_columns(found.assign(customers)).select("plan", "segment_number").unique()
    assert pairs.height == pairs["plan"].n_unique() == pairs["segment_number"].n_unique() == 4


def test_a_segment_is_named_by_its_strongest_features_and_no_two_have_the_same_name() -> None:
    found = fit(make_customers())
    numbers = dict(zip(["World"], found.assign(make_customers(("World",), 1)).to_list(), strict=True))
    world = next(segment for segment in found.segments if segment.number == numbers["World"])

    assert {"plan World", "high spend"} <= set(world.strongest)
    assert len({segment.name for segment in found.segments}) == 4


def test_segments_keep_their_numbers_and_a_new_one_gets_a_number_that_none_ever_had() -> None:
    known = ("Basic", "Pro", "World")
    before = number_as_before(fit(make_customers(known)), None, 0)
    now = number_as_before(fit(make_customers(seed=8)), before, 7)

    for plan in known:
        alone = make_customers((plan,), 1)
        assert now.assign(alone).to_list() == before.assign(alone).to_list()
    assert {segment.number for segment in now.segments} - {1, 2, 3} == {8}


def test_segments_of_other_features_get_new_numbers() -> None:
    before = number_as_before(fit(make_customers()), None, 0)
    renamed = replace(before, features=tuple(f"former_{name}" for name in before.features))
    now = number_as_before(fit(make_customers()), renamed, 4)

    assert [segment.number for segment in now.segments] == [5, 6, 7, 8]


def test_a_value_that_is_not_known_counts_as_the_mean() -> None:
    found = fit(make_customers())
    customer = make_customers(("Family",), 1)
    unknown = customer.with_columns(pl.lit(None, pl.Float64).alias("calls"))

    assert found.assign(unknown).to_list() == found.assign(customer).to_list()


@pytest.mark.parametrize("each", [1, FEWEST_CUSTOMERS // 4 - 1])
def test_too_few_customers_have_no_segments(each: int) -> None:
    assert fit_segments(make_customers(each=each), GIVEN, DAY) is None


def test_customers_who_do_not_differ_have_no_segments() -> None:
    same = pl.DataFrame(
        {"calls": [1.0] * 300, "spend_usd": [2.0] * 300, "has_roaming": [0.0] * 300, "plan": ["A"] * 300}
    )

    assert fit_segments(same, FeatureSet(GIVEN.directions[:3]), DAY) is None

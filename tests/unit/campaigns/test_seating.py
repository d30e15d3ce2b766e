"""While uplift advises, nine seats of ten go by it, one by a draw, and no limit is broken."""

import numpy as np
import polars as pl
import pytest

from churn.campaigns.facts import FACTS, encode_facts, name_facts
from churn.campaigns.seating import Advice, give_seats
from churn.campaigns.uplift import save_factors
from churn.campaigns.waves import Wave, describe_customers, plan_wave
from tests.unit.campaigns.test_allocation import limits_hold, make_options
from tests.unit.campaigns.test_waves import CAMPAIGN, DAY, NO_HISTORY, NOBODY, POLICY, VALUE, make_customers


def advise(customers: pl.DataFrame) -> Advice:
    """A third is driven away by a contact, a third does not care, a third is kept."""
    kind = np.arange(customers.height) % 3
    effects = np.array([0.05, 0.0, -0.05])[kind]
    return Advice(save_factors(customers["churn_probability"].to_numpy(), effects), effects, kind == 0)


def plan(advice: Advice | None) -> tuple[pl.DataFrame, Wave]:
    customers = make_customers()
    known = describe_customers(customers, NO_HISTORY, NOBODY, POLICY)
    return customers, plan_wave(CAMPAIGN, POLICY, VALUE, DAY, known, {"call": 40, "email": 0}, advice=advice)


def test_nine_seats_of_ten_go_to_those_whom_a_contact_keeps_and_one_goes_by_a_draw() -> None:
    customers, wave = plan(advise(make_customers()))
    kept = customers.filter(pl.int_range(pl.len()) % 3 == 2)["customer_id"]
    by_profit, drawn = (wave.enrolled.filter(chosen_by=how) for how in ("profit", "draw"))

    assert wave.enrolled.height == 50
    assert drawn.height == 5
    assert by_profit["customer_id"].is_in(kept.implode()).all()


def test_everybody_is_still_counted_once_and_whoever_is_left_alone_has_that_reason() -> None:
    customers, wave = plan(advise(make_customers()))
    counts = dict(wave.counted.select("reason", "customers_count").iter_rows())

    assert sum(counts.values()) == customers.height
    assert wave.counted["reason"].is_unique().all()
    assert 0 < counts["better left alone"] <= customers.height // 3 + 1


def test_while_uplift_is_silent_every_seat_goes_by_profit() -> None:
    _, wave = plan(None)

    assert set(wave.enrolled["chosen_by"]) == {"profit"}


@pytest.mark.parametrize("seed", range(5))
def test_the_draw_breaks_no_limit(seed: int) -> None:
    options = make_options(200, seed, (20, 11), budget=400.0)
    seating = give_seats(options, options, np.random.default_rng(seed).random(200))

    assert (options.values[seating.chosen >= 0, seating.chosen[seating.chosen >= 0]] > 0).all()
    assert limits_hold(options, seating)
    assert seating.is_drawn.any()


def test_factors_spread_the_average_over_the_customers() -> None:
    scores, effects = np.array([0.2, 0.2, 0.4]), np.array([-0.04, 0.0, -0.04])

    assert save_factors(scores, effects).tolist() == pytest.approx([2.0, 0.0, 1.0])
    assert (save_factors(scores, effects) * scores).sum() == pytest.approx(scores.sum())


def test_facts_are_numbers_and_an_unknown_word_is_none_of_the_words() -> None:
    rows = pl.DataFrame({name: [None, None] for name in FACTS}, schema=dict.fromkeys(FACTS, pl.String)).with_columns(
        pl.Series("contract", ["Two year", "One year"]), pl.Series("has_tech_support", [True, None])
    )
    names = name_facts(rows)

    assert names == ("contract=One year", "contract=Two year", "has_tech_support")
    assert encode_facts(rows, names).tolist() == [[0, 1, 1], [1, 0, 0]]
    assert encode_facts(rows.with_columns(contract=pl.lit("Ten years")), names)[:, :2].sum() == 0

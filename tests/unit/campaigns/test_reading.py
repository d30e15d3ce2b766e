"""Reading a campaign: a verdict only when it is known, and never two truths on one day."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from churn.campaigns.reading import correct_for_many, read_campaign, with_money
from churn.contracts.campaigns import Campaign, Reading
from churn.economics.offers import Terms
from churn.economics.policies import ValuePolicy

TERMS = Terms((), {"call": 2.0}, ValuePolicy(0.6, 2.0, 0.3, 0.5, 12))
START, READ_ON = date(2026, 3, 1), date(2026, 9, 1)
CAMPAIGN = Campaign(
    "autumn", ("support",), 0.2, 60, START, date(2026, 6, 1), READ_ON, 0.2, 0.8, 0.00025, "0" * 64, True
)


def make_outcomes(customers: int, effect: float, seed: int = 2, holdout: float = 0.2) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    score = generator.beta(1.5, 6, customers)
    is_control = generator.random(customers) < holdout
    left = generator.random(customers) < np.where(is_control, score, score * (1 - effect))
    return pl.DataFrame(
        {
            "customer_id": [f"{number:05d}" for number in range(customers)],
            "arm": np.where(is_control, "control", "treatment"),
            "offer_id": "support",
            "channel": "call",
            "churn_probability": score,
            "monthly_charges": generator.uniform(20, 110, customers),
            "has_left": left,
            "is_sent": ~is_control,
            "is_reached": ~is_control & (generator.random(customers) < 0.6),
            "has_accepted": ~is_control & (generator.random(customers) < 0.3),
            "offer_worth_usd": 15.0,
            "cost_usd": pl.Series([None] * customers, dtype=pl.Float64),
        }
    )


def read(outcomes: pl.DataFrame, on: date = READ_ON, campaign: Campaign = CAMPAIGN) -> list[Reading]:
    return read_campaign(campaign, outcomes, TERMS, on)


def test_a_strong_effect_is_seen_on_the_agreed_day() -> None:
    left, money = read(make_outcomes(8_000, effect=0.4))

    assert left.verdict == money.verdict == "works"
    assert left.effect is not None
    assert left.effect < 0
    assert "96% interval" in left.why


def test_before_the_agreed_day_only_the_any_day_interval_may_speak() -> None:
    outcomes = make_outcomes(1_200, effect=0.3)
    early, agreed = read(outcomes, date(2026, 8, 1))[0], read(outcomes)[0]

    assert agreed.verdict == "works"
    assert early.verdict == "not known yet"
    assert "the agreed day is 2026-09-01" in early.why


def test_nothing_is_seen_where_nothing_is() -> None:
    assert read(make_outcomes(8_000, effect=0.0))[0].verdict == "no effect seen"


def test_before_any_window_is_over_the_answer_is_not_known_yet() -> None:
    left, money = read(make_outcomes(100, 0.2).clear())

    assert (left.verdict, left.effect, left.why) == ("not known yet", None, "No window is over yet.")
    assert money.effect is None


def test_few_leavers_give_newcombes_interval_and_no_verdict() -> None:
    left = read(make_outcomes(150, effect=0.3))[0]

    assert left.verdict == "not known yet"
    assert left.effect is None
    assert "each group needs 20" in left.why


def test_a_draw_that_does_not_hold_out_what_was_agreed_stops_the_reading() -> None:
    left = read(make_outcomes(4_000, effect=0.3, holdout=0.1))[0]

    assert left.verdict == "broken draw"
    assert left.effect is None


def test_the_money_of_the_worked_example() -> None:
    row = make_outcomes(1, 0).with_columns(
        pl.lit(65.0).alias("monthly_charges"),
        pl.lit(39.0).alias("offer_worth_usd"),
        pl.lit(True).alias("is_sent"),
        pl.lit(True).alias("has_accepted"),
        pl.lit(False).alias("has_left"),
    )

    assert with_money(row, TERMS)["money_usd"].to_list() == pytest.approx([349.0])


def test_the_money_kept_is_at_most_the_margin_of_the_enrolled() -> None:
    outcomes = make_outcomes(3_000, effect=0.9)
    money = read(outcomes)[1]

    assert money.effect is not None
    assert money.effect <= with_money(outcomes, TERMS)["margin_usd"].mean()


def test_two_offers_are_each_read_against_their_own_control_customers() -> None:
    outcomes = make_outcomes(8_000, effect=0.4).with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("support")).otherwise(pl.lit("price")).alias("offer_id")
    )
    readings = read(outcomes, campaign=replace(CAMPAIGN, offers=("support", "price")))

    assert [reading.contrast for reading in readings] == ["all", "all", "support", "price"]
    assert sum(reading.treated_count for reading in readings[2:]) == readings[0].treated_count


def test_of_two_offers_that_are_barely_seen_neither_is_believed() -> None:
    left = read(make_outcomes(8_000, effect=0.4))[0]
    barely = replace(left, effect=-2.12, standard_error=1.0)

    assert [reading.verdict for reading in correct_for_many([barely, barely])] == ["not known yet"] * 2
    assert [reading.verdict for reading in correct_for_many([barely])] == ["works"]

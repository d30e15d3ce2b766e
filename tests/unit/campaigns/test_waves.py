"""A wave: who is enrolled, who is held out, who is left out and why. Everybody is counted exactly once."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from churn.campaigns.waves import contact_id_of, describe_customers, plan_wave
from churn.contracts.campaigns import Campaign
from churn.contracts.levers import LEVERS
from churn.economics.offers import read_contact_policy
from churn.economics.policies import ValuePolicy
from churn.scoring.reasons import SUBJECTS

DAY = date(2026, 3, 1)
VALUE = ValuePolicy(0.6, 2.0, 0.3, 0.5, 12)
POLICY = read_contact_policy(
    {
        "channels": {"call": {"seats": 40, "reach": 0.6}, "email": {"contact_usd": 0.1, "reach": 0.3}},
        "contact": {"cooldown_days": 60, "default_consent": {"email": False}},
        "offers": [
            {"id": "support", "worth_months": 0.3, "save_rate": 0.3, "only_if": {"has_tech_support": False}},
            {"id": "price", "worth_months": 0.6, "save_rate": 0.3},
        ],
    },
    VALUE,
)
CAMPAIGN = Campaign(
    "autumn", ("support", "price"), 0.2, 60, DAY, date(2026, 6, 1), date(2026, 9, 1), 0.2, 0.8, 1e-4, "0" * 64, True
)
NOBODY = pl.DataFrame(schema={"customer_id": pl.String, "channel": pl.String, "has_consent": pl.Boolean})
NO_HISTORY = pl.DataFrame(
    schema={
        "customer_id": pl.String,
        "is_enrolled": pl.Boolean,
        "in_other_campaign": pl.Boolean,
        "in_cooldown": pl.Boolean,
    }
)


def make_customers(count: int = 1000, seed: int = 4) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "customer_id": [f"{number:05d}" for number in range(count)],
            "churn_probability": generator.beta(1.5, 6, count),
            "monthly_charges": generator.uniform(20, 110, count),
            "reasons": [["+ month-to-month contract", "+ in the first year", "- paper bills"]] * count,
            "model_version": [3] * count,
            "has_tech_support": generator.random(count) < 0.3,
        }
    )


def wave(
    customers: pl.DataFrame, history: pl.DataFrame = NO_HISTORY, suppressed: pl.DataFrame = NOBODY, calls: float = 40
):
    known = describe_customers(customers, history, suppressed, POLICY)
    return plan_wave(CAMPAIGN, POLICY, VALUE, DAY, known, {"call": calls, "email": float("inf")})


def test_everybody_is_counted_exactly_once() -> None:
    customers = make_customers()
    counted = wave(customers).counted

    assert counted["customers_count"].sum() == customers.height
    assert set(counted["reason"]) == {"enrolled", "beyond the seats", "no offer pays"}


def test_enough_are_enrolled_that_the_treatment_group_fills_the_seats_on_average() -> None:
    planned = wave(make_customers())

    assert planned.enrolled.height == 50
    assert planned.planned.height == (planned.enrolled["arm"] == "treatment").sum()
    assert 32 <= planned.planned.height <= 48


def test_the_most_profitable_customers_come_first_and_no_control_customer_has_a_contact() -> None:
    planned = wave(make_customers())
    held_out = planned.enrolled.filter(pl.col("arm") == "control")["customer_id"]

    assert planned.enrolled["expected_profit_usd"].is_sorted(descending=True)
    assert not set(planned.planned["customer_id"]) & set(held_out)
    assert planned.planned["priority_rank"].to_list() == list(range(1, planned.planned.height + 1))


def test_an_offer_goes_only_to_customers_who_may_have_it() -> None:
    customers = make_customers()
    enrolled = wave(customers).enrolled.join(customers.select("customer_id", "has_tech_support"), on="customer_id")

    assert not enrolled.filter(pl.col("offer_id") == "support")["has_tech_support"].any()


@pytest.mark.parametrize(
    ("flag", "reason"),
    [("is_enrolled", "enrolled before"), ("in_other_campaign", "in another campaign"), ("in_cooldown", "cooldown")],
)
def test_a_customer_of_an_earlier_contact_is_left_out_with_the_reason(flag: str, reason: str) -> None:
    customers = make_customers()
    best = wave(customers).enrolled["customer_id"].to_list()
    history = pl.DataFrame({"customer_id": best}).with_columns(
        *(pl.lit(name == flag).alias(name) for name in ("is_enrolled", "in_other_campaign", "in_cooldown"))
    )
    again = wave(customers, history)

    assert not set(again.enrolled["customer_id"]) & set(best)
    assert dict(again.counted.select("reason", "customers_count").iter_rows())[reason] == len(best)


def test_who_opted_out_is_never_enrolled_and_who_said_no_to_calls_gets_none() -> None:
    customers = make_customers()
    first, second, *_ = wave(customers).enrolled["customer_id"]
    statements = pl.DataFrame(
        {"customer_id": [first, second], "channel": ["all", "call"], "has_consent": [False, False]}
    )
    again = wave(customers, suppressed=statements)

    assert not {first, second} & set(again.enrolled["customer_id"])
    counts = dict(again.counted.select("reason", "customers_count").iter_rows())
    assert (counts["suppressed"], counts["no consent"]) == (1, 1)


def test_without_a_free_seat_nobody_is_enrolled() -> None:
    assert wave(make_customers(), calls=0).enrolled.is_empty()


def test_a_caller_may_say_only_what_the_company_can_change() -> None:
    assert wave(make_customers()).planned["say_why"].to_list()[0] == ["+ month-to-month contract"]


def test_every_lever_is_a_reason_that_scoring_can_give() -> None:
    phrases = {f"+ {words}" for subject in SUBJECTS.values() for words in subject.words()}

    assert set(LEVERS) <= phrases


def test_a_contact_has_the_same_id_for_ever() -> None:
    assert contact_id_of("autumn", "7590-VHVEG") == "14b08e29-99ee-54b3-b39b-3c67f7358834"


def test_the_order_of_the_customers_does_not_matter() -> None:
    customers = make_customers()
    shuffled = customers.sample(fraction=1, shuffle=True, seed=1)

    assert wave(shuffled).enrolled.equals(wave(customers).enrolled)


def test_a_channel_without_consent_by_default_needs_a_word_of_the_customer() -> None:
    customers = make_customers()
    asked = pl.DataFrame({"customer_id": [customers["customer_id"][0]], "channel": ["email"], "has_consent": [True]})
    known = describe_customers(customers, NO_HISTORY, asked, POLICY)

    assert known.filter("may_email")["customer_id"].to_list() == [customers["customer_id"][0]]
    assert known["may_call"].all()

from datetime import date, timedelta
from typing import Any

import pytest

from churn.dashboard import summary
from churn.dashboard.markup import draw_cards

DAY = date(2026, 3, 31)


def make_day(back: int, **changes: Any) -> dict[str, Any]:
    figures = {
        "at_risk_customers_count": 40,
        "active_customers_count": 500,
        "annual_revenue_usd": 420_000.0,
        "revenue_at_risk_usd": 40_000.0,
        "expected_annual_loss_usd": 90_000.0,
        "average_churn_probability": 0.2,
        "high_count": 10,
        "expected_leavers_count": 99.6,
        "basis": "live",
        "horizon": "30 days",
        "expected_loss_12m_usd": None,
    }
    return {"prediction_date": DAY - timedelta(days=back)} | figures | changes


def test_a_card_tells_the_change_since_the_date_that_was_chosen() -> None:
    days = [
        make_day(7, at_risk_customers_count=38, basis="as_if"),
        make_day(1, at_risk_customers_count=50),
        make_day(0),
    ]
    _, at_risk, *_ = summary.make_cards(days, DAY, DAY - timedelta(days=7))

    assert (at_risk.value, at_risk.changes, at_risk.mood) == ("40", ["+2 since 2026-03-24 (as if)"], "bad")
    assert at_risk.line == [38, 50, 40]


def test_more_customers_are_good_and_no_change_is_neither() -> None:
    cards = summary.make_cards([make_day(1, active_customers_count=490), make_day(0)], DAY, DAY - timedelta(days=1))
    moods = {card.name: card.mood for card in cards}

    assert moods["active_customers_count"] == "good"
    assert moods["revenue_at_risk_usd"] == ""
    assert [card.name for card in cards if card.is_main] == ["expected_annual_loss_usd"]


def test_as_if_days_are_named_below_a_chart() -> None:
    days = [make_day(1, basis="as_if"), make_day(0)]

    assert summary.tell_bars(days).startswith("As-if days are older than the first model")
    assert summary.tell_bars(days[1:]) == ""


def test_rewound_days_are_no_point_of_a_line_and_no_earlier_extract_is_no_zero() -> None:
    cards = summary.make_cards([make_day(1, basis="reconstructed"), make_day(0)], DAY, None)

    assert {tuple(card.changes) for card in cards} == {("no earlier extract",)}
    assert {tuple(card.line) for card in cards} == {()}


def test_the_shape_of_a_day_is_told_in_a_sentence() -> None:
    assert summary.tell_shape(make_day(0)) == (
        "On 2026-03-31, 8.0% of the active customers are at risk, 10 of them in tier High. If nothing is done, about "
        "100 customers are expected to leave within 30 days."
    )


def test_what_the_model_has_not_seen_is_told_beside_the_figures() -> None:
    counts = {"feature": "price_above_list_usd", "outside_count": 500, "active_count": 500}

    assert summary.tell_outside([counts]) == (
        "Outside what the model has seen: the prices of 100% of the active customers."
    )
    assert summary.tell_outside([]) == ""


@pytest.mark.parametrize(
    ("is_synthetic", "basis", "marks"),
    [
        (False, "live", []),
        (True, "live", ["Synthetic customers"]),
        (False, "reconstructed", ["Reconstructed scores, not made on the day itself"]),
    ],
)
def test_what_nobody_lived_through_is_marked(is_synthetic: bool, basis: str, marks: list[str]) -> None:
    assert summary.tell_marks({"is_synthetic": is_synthetic, "basis": basis}) == marks


def test_the_band_names_the_withdrawn_days_after_the_shown_one() -> None:
    held = {"withdrawn_by": "ada", "withdrawn_why": "wrong prices"}
    days = [make_day(-1) | held, make_day(0) | dict.fromkeys(held), make_day(1) | held]

    assert summary.tell_withdrawn(days, DAY) == ["2026-04-01 was withdrawn by ada: wrong prices"]


def test_every_card_carries_its_definition() -> None:
    drawn = draw_cards(summary.make_cards([make_day(0)], DAY, None))

    assert drawn.count('class="what" title="') == len(summary.HEADLINES)
    assert 'title="Mean probability of leaving of the active customers."' in drawn


def test_a_years_revenue_is_shown_with_its_horizon_and_the_loss_of_12_months_beside_it() -> None:
    of_the_extract, ahead = make_day(0, horizon=None), make_day(0, expected_loss_12m_usd=120_000.0)
    labels = [[card.figure.heading for card in summary.make_cards([day], DAY, None)] for day in (of_the_extract, ahead)]

    assert labels[0][0] == "Year's revenue expected to leave within the month the extract covers, USD"
    assert labels[0][-1] == "Average probability within the month the extract covers"
    assert labels[1][0] == "Year's revenue expected to leave within 30 days, USD"
    assert labels[1][-1] == "Expected loss within 12 months, USD"


LIST = {
    "listed_customers_count": 1282,
    "list_cost_usd": 30_000.0,
    "list_profit_usd": 28_532.0,
    "annual_revenue_usd": 3_803_829.0,
    "seats_count": None,
    "within_seats_count": None,
    "within_seats_profit_usd": None,
    "save_rate": 0.3,
    "is_save_rate_measured": False,
}


def test_what_the_list_is_worth_is_told_with_its_assumption() -> None:
    assert summary.tell_list(LIST) == (
        "A contact is expected to pay for 1,282 active customers. Contacting all of them costs $30,000 with the "
        "offers, and earns $28,532 after that cost. The save rate of 30% is the assumption of the policy."
    )
    measured = summary.tell_list({**LIST, "is_save_rate_measured": True})
    assert measured.endswith("The save rate of 30% agrees with what a campaign measured.")


def test_what_lies_within_and_beyond_the_seats_is_told() -> None:
    seated = {**LIST, "seats_count": 60, "within_seats_count": 60, "within_seats_profit_usd": 4_010.0}

    said = "the first 60 customers earn $4,010, the 1,222 beyond them would earn $24,522."
    assert f"The policy has 60 contacts a day: {said}" in summary.tell_list(seated)


def test_without_a_value_a_month_the_list_is_told_in_counts_and_no_card_has_money() -> None:
    money = ("annual_revenue_usd", "list_cost_usd", "list_profit_usd")
    unknown = {**LIST, **dict.fromkeys(money), "seats_count": 60, "within_seats_count": 60}

    assert summary.tell_list(unknown) == (
        "The extract has no value a month, so that no figure is money. The list has the 1,282 active customers at "
        "risk, by their probability. The policy has 60 contacts a day: they reach 60 of them."
    )
    cards = summary.make_cards([make_day(0, annual_revenue_usd=None)], DAY, None)
    assert [card.name for card in cards] == [
        "at_risk_customers_count",
        "active_customers_count",
        "average_churn_probability",
    ]


def test_actual_leavers_are_told_beside_expected_ones() -> None:
    row = {
        "as_of_date": date(2026, 1, 5),
        "window_days": 30,
        "customers_count": 7010,
        "leavers_count": 301,
        "censored_count": 10,
        "churn_rate": 0.043,
        "expected_leavers_count": 295.6,
    }

    assert summary.tell_actual(row) == (
        "Of the 7,010 active customers of 2026-01-05, 301 left within 30 days (4.3%); 296 were expected. "
        "10 vanished without a word."
    )

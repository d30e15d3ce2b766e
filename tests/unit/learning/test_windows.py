"""Which extract labels an as-of date, from any rhythm of extracts."""

from datetime import date, timedelta

import pytest

from churn.contracts.horizons import Horizon, LabelRules
from churn.learning.windows import Window, find_windows

RULES = LabelRules()


def days(first: date, count: int, every: int = 1) -> list[date]:
    return [first + timedelta(days=number * every) for number in range(count)]


def month_ends(count: int) -> list[date]:
    firsts = [date(2026 + month // 12, month % 12 + 1, 1) for month in range(1, count + 1)]
    return [first - timedelta(days=1) for first in firsts]


def test_daily_extracts_have_windows_of_exactly_the_horizon() -> None:
    found = find_windows(days(date(2026, 1, 1), 40), RULES)

    assert {window.window_days for window in found} == {30}
    assert [window.as_of_date for window in found] == days(date(2026, 1, 1), 10)
    assert all(window.known_on == window.label_date == window.due_date for window in found)


def test_the_worked_example_of_month_ends() -> None:
    found = find_windows(month_ends(12), RULES)

    assert found[0] == Window(
        as_of_date=date(2026, 1, 31),
        due_date=date(2026, 3, 2),
        label_date=date(2026, 2, 28),
        before_date=date(2026, 1, 31),
        after_date=date(2026, 3, 31),
        known_on=date(2026, 2, 28),
        window_days=28,
    )
    assert [window.window_days for window in found] == [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize(
    ("every", "lengths"), [(7, {28}), (28, {28}), (14, {28}), (10, {30}), (37, {37}), (23, {23})], ids=str
)
def test_other_rhythms_have_the_nearest_length_within_the_tolerance(every: int, lengths: set[int]) -> None:
    found = find_windows(days(date(2026, 1, 1), 20, every), RULES)

    assert {window.window_days for window in found} == lengths


@pytest.mark.parametrize("every", [22, 38, 90])
def test_an_extract_beyond_the_tolerance_labels_nobody(every: int) -> None:
    assert find_windows(days(date(2026, 1, 1), 20, every), RULES) == []


def test_a_gap_is_bridged_by_the_nearest_extract_on_either_side() -> None:
    stored = [day for day in days(date(2026, 1, 1), 60) if not date(2026, 1, 29) <= day <= date(2026, 2, 3)]
    by_day = {window.as_of_date: window for window in find_windows(stored, RULES)}

    assert by_day[date(2026, 1, 1)].label_date == date(2026, 1, 28)
    assert by_day[date(2026, 1, 1)].known_on == date(2026, 2, 4), "the extract of the 31st was expected until then"
    assert by_day[date(2026, 1, 3)].label_date == date(2026, 2, 4)


def test_labels_wait_while_a_nearer_extract_is_expected() -> None:
    assert find_windows(days(date(2026, 1, 1), 30), RULES) == []
    assert find_windows(days(date(2026, 1, 1), 5, 7), RULES)[0].known_on == date(2026, 1, 29)


def test_a_horizon_in_months_counts_calendar_months() -> None:
    firsts = [date(2026, month, 1) for month in range(1, 7)]
    found = find_windows(firsts, LabelRules(horizon=Horizon(1, "month"), tolerance_days=0))

    assert [window.window_days for window in found] == [31, 28, 31, 30, 31]
    assert Horizon(1, "month").after(date(2026, 1, 31)) == date(2026, 2, 28)
    assert Horizon(14, "month").after(date(2026, 12, 31)) == date(2028, 2, 29)


def test_absence_is_known_only_with_the_next_extract() -> None:
    found = find_windows(days(date(2026, 1, 1), 4, 30), LabelRules(left="absence"))

    assert [(window.label_date, window.known_on) for window in found] == [
        (date(2026, 1, 31), date(2026, 3, 2)),
        (date(2026, 3, 2), date(2026, 4, 1)),
    ]


def test_with_leaving_dates_an_extract_after_the_horizon_is_exact() -> None:
    found = find_windows(days(date(2026, 1, 1), 10, 7), LabelRules(left="date"))

    assert (found[0].label_date, found[0].window_days) == (date(2026, 2, 5), 30)


@pytest.mark.parametrize("text", ["30", "0 days", "1 year", "-3 days", "800 days", "25 months"])
def test_what_is_no_horizon_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a horizon"):
        Horizon.read(text)


@pytest.mark.parametrize("horizon", [Horizon(30), Horizon(1, "month"), Horizon(1), Horizon(3, "month")], ids=str)
def test_a_horizon_is_read_as_it_is_written(horizon: Horizon) -> None:
    assert Horizon.read(str(horizon)) == horizon

from datetime import UTC, date, datetime, timedelta

from churn.scoring.history import PastDay, Reign, find_champion_of, plan_history
from churn.timeline import days_until, unbroken_ranges

FIRST = Reign(datetime(2026, 2, 1, 0, 4, tzinfo=UTC), date(2026, 1, 31), 1)
SECOND = Reign(datetime(2026, 2, 11, 0, 4, tzinfo=UTC), date(2026, 2, 10), 2)


def test_the_champion_of_a_day_was_trained_on_that_day_at_the_latest() -> None:
    assert find_champion_of(date(2026, 1, 30), [FIRST, SECOND]) is None
    assert find_champion_of(date(2026, 1, 31), [FIRST, SECOND]) == FIRST
    assert find_champion_of(date(2026, 2, 9), [FIRST, SECOND]) == FIRST
    assert find_champion_of(date(2026, 2, 10), [FIRST, SECOND]) == SECOND


def test_a_model_promoted_long_after_was_not_the_champion_of_the_day() -> None:
    late = Reign(datetime(2026, 6, 1, tzinfo=UTC), date(2026, 1, 31), 3)

    assert find_champion_of(date(2026, 1, 31), [FIRST, late]) == FIRST
    assert find_champion_of(date(2026, 5, 31), [FIRST, late]) == late


def test_a_model_taken_back_into_service_counts_from_then_on() -> None:
    again = Reign(datetime(2026, 3, 1, 9, 0, tzinfo=UTC), date(2026, 1, 31), 1)

    assert find_champion_of(date(2026, 2, 20), [FIRST, SECOND, again]) == SECOND
    assert find_champion_of(date(2026, 3, 1), [FIRST, SECOND, again]) == again


def test_each_day_says_what_it_is_made_from_and_days_without_an_extract_are_left_out() -> None:
    loads = {date(2026, 1, 29): 7, date(2026, 1, 31): 8}

    assert plan_history(days_until(date(2026, 1, 31), 4), loads, [FIRST, SECOND]) == [
        PastDay(date(2026, 1, 28), "reconstructed", 1, 7),
        PastDay(date(2026, 1, 29), "as_if", 1, 7),
        PastDay(date(2026, 1, 31), "replayed", 1, 8),
    ]


def test_days_are_cut_where_one_is_missing() -> None:
    first, second, fourth = (date(2026, 1, 31) + timedelta(days=n) for n in (0, 1, 3))

    assert unbroken_ranges([fourth, first, second]) == [[first, second], [fourth]]

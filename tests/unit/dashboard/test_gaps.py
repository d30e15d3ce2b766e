"""A gap is a pause that is longer than usual: a weekly base has none between its weeks."""

from datetime import date, timedelta

from churn.dashboard.charts import find_gaps

DAY = date(2026, 3, 1)


def make_rows(*days: int) -> list[dict[str, date]]:
    return [{"prediction_date": DAY + timedelta(days=day)} for day in days]


def test_a_missing_day_of_a_daily_base_is_a_gap() -> None:
    assert find_gaps(make_rows(0, 1, 2, 5, 6)) == [(DAY + timedelta(days=3), DAY + timedelta(days=4))]


def test_a_weekly_base_has_a_gap_only_where_a_week_is_missing() -> None:
    assert find_gaps(make_rows(0, 7, 14, 21)) == []
    assert find_gaps(make_rows(0, 7, 14, 28, 35)) == [(DAY + timedelta(days=15), DAY + timedelta(days=27))]
    assert find_gaps(make_rows(0)) == []

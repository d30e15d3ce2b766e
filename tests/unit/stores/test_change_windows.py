"""With which extract a price is compared: the one nearest to 30 days before, from any rhythm of extracts."""

from datetime import date, timedelta

import pytest

from churn.stores.rows.change_windows import find_earlier

FIRST = date(2026, 1, 1)


def every(days: int, count: int) -> list[date]:
    return [FIRST + timedelta(days=days * number) for number in range(count)]


@pytest.mark.parametrize(
    ("snapshots", "as_of_date", "expected"),
    [
        pytest.param(every(1, 60), date(2026, 2, 10), date(2026, 1, 11), id="daily: 30 days before"),
        pytest.param(every(7, 9), date(2026, 2, 5), date(2026, 1, 8), id="weekly: 28 days before"),
        pytest.param([date(2026, 1, 31), date(2026, 2, 28)], date(2026, 2, 28), date(2026, 1, 31), id="month ends"),
        pytest.param([FIRST, date(2026, 1, 3)], date(2026, 2, 2), date(2026, 1, 3), id="of two, the nearer"),
        pytest.param([FIRST, date(2026, 1, 3)], date(2026, 2, 1), FIRST, id="of two equally near, the earlier"),
        pytest.param([FIRST], date(2026, 2, 7), FIRST, id="7 days from it"),
        pytest.param([FIRST], date(2026, 2, 8), None, id="too long ago"),
        pytest.param(every(1, 20), date(2026, 1, 20), None, id="history too short"),
        pytest.param([], FIRST, None, id="no extract"),
    ],
)
def test_a_price_is_compared_with_the_extract_nearest_to_30_days_before(
    snapshots: list[date], as_of_date: date, expected: date | None
) -> None:
    assert find_earlier(snapshots, as_of_date) == expected

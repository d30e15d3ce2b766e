from datetime import date

import pytest

from churn.errors import ExitCode, WrongUsage
from churn.timeline import check_snapshot_date

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 11, 21), date(2000, 1, 1)])
def test_today_and_earlier_days_can_have_an_extract(day: date) -> None:
    assert check_snapshot_date(day, TODAY) == day


@pytest.mark.parametrize(("day", "word"), [(date(2026, 11, 23), "future"), (date(1999, 12, 31), "before 2000-01-01")])
def test_a_day_no_extract_can_have_is_wrong_usage(day: date, word: str) -> None:
    with pytest.raises(WrongUsage, match=word) as refused:
        check_snapshot_date(day, TODAY)

    assert refused.value.exit_code == ExitCode.WRONG_USAGE

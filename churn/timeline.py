"""The dates of the product: the day that a row describes. Pure arithmetic, and the only module that reads the clock.

- snapshot_date: the business date of an extract.
- as_of_date: the day that features describe; it equals the snapshot date of the rows they come from.
- prediction_date: the as_of_date that was scored. It never comes from the clock.

Worked example: the extract of Saturday 2026-11-21 arrives in the night, and a run starts at 00:00 UTC on the 22nd with
`--as-of 2026-11-21`. Its rows have snapshot_date = as_of_date = prediction_date = 2026-11-21. A later re-run of the
same date gives them the same dates.
"""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from churn.errors import WrongUsage

EARLIEST_SNAPSHOT = date(2000, 1, 1)
"""The start of every SQL model. SQLMesh 0.236 skips an earlier date without an error, so intake refuses such a date."""


def now_utc() -> datetime:
    """Returns the current time, with its time zone."""
    return datetime.now(UTC)


def today() -> date:
    """Returns the latest date that an extract can have: that of UTC; east of UTC that of this machine, if later.

    Example: at 20:00 UTC on 2026-11-24 it is 2026-11-25 in Auckland, and an extract of that day can be loaded there.
    """
    now = now_utc()
    return max(now.date(), now.astimezone().date())


def today_utc() -> date:
    """Returns today's date in UTC, the time zone of the daily schedule: runs have dates of UTC."""
    return now_utc().date()


def check_snapshot_date(snapshot_date: date, today: date) -> date:
    """Returns the date, if an extract can have it.

    Raises:
        WrongUsage: the date is in the future or before 2000.

    Example: on 2026-11-22, 2026-11-22 passes and 2026-11-23 is refused.
    """
    if snapshot_date > today:
        raise WrongUsage(
            f"The snapshot date {snapshot_date} is in the future (today is {today}).",
            "give --as-of the business date of the extract.",
        )
    if snapshot_date < EARLIEST_SNAPSHOT:
        raise WrongUsage(
            f"The snapshot date {snapshot_date} is before {EARLIEST_SNAPSHOT}.",
            "give --as-of the business date of the extract, as YYYY-MM-DD.",
        )
    return snapshot_date


def days_until(until: date, count: int) -> list[date]:
    """Returns `count` days in order; the last one is `until`."""
    return [until - timedelta(days=back) for back in reversed(range(count))]


def months_before(day: date, months: int) -> date:
    """Returns the same day of an earlier month, or the last day of that month if the month is shorter.

    Example: one month before 2026-03-31 is 2026-02-28, two months before it is 2026-01-31.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months_between(day: date, later: date) -> int:
    """Returns the whole months from a day to a later day.

    This is the largest number of months that can be subtracted from the later day without going before the day.
    Example: to 2026-03-31 it is 0 months from 2026-03-01, 1 month from 2026-02-28 and from 2026-02-01, 2 months from
    2026-01-31. 31 days are always at least 1 month, and 62 days are always at least 2.
    """
    months = (later.year - day.year) * 12 + later.month - day.month
    return months if months_before(later, months) >= day else months - 1


def unbroken_ranges(days: Iterable[date]) -> list[list[date]]:
    """Returns the days in order, split into ranges without a missing day.

    Example: the 1st, 2nd and 4th of a month are two ranges, 1 to 2 and 4 to 4.
    """
    ranges: list[list[date]] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][-1] == timedelta(days=1):
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return ranges


def tell_dates(days: Iterable[date]) -> str:
    """Returns dates as text, with ranges.

    Example: 2026-11-19 to 2026-11-21, 2026-11-23.
    """
    spans = [(unbroken[0], unbroken[-1]) for unbroken in unbroken_ranges(days)]
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)

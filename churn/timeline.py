"""Dates of the product: which day a row speaks of. Pure arithmetic, and the one place that reads the clock.

- snapshot_date: the business date of an extract.
- as_of_date: the day features describe; equals the snapshot date they come from.
- prediction_date: the as_of_date that was scored. Never the clock.

Worked example: the extract of Saturday 2026-11-21 arrives in the night and is run at 00:00 UTC on the 22nd with
`--as-of 2026-11-21`. Its rows have snapshot_date = as_of_date = prediction_date = 2026-11-21, whenever it is run again.
"""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from churn.errors import WrongUsage

EARLIEST_SNAPSHOT = date(2000, 1, 1)
"""SQLMesh silently ignores dates before its models' start, so they are refused at the door."""


def now_utc() -> datetime:
    """The clock, with its time zone."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in UTC, the time zone of the daily schedule."""
    return now_utc().date()


def check_snapshot_date(snapshot_date: date, today: date) -> date:
    """Returns the date if an extract can have it.

    Raises:
        WrongUsage: it lies in the future or before 2000.

    Example: on 2026-11-22, 2026-11-22 passes and 2026-11-23 is refused.
    """
    if snapshot_date > today:
        raise WrongUsage(
            f"The snapshot date {snapshot_date} lies in the future (today is {today} UTC).",
            "give --as-of the business date of the extract.",
        )
    if snapshot_date < EARLIEST_SNAPSHOT:
        raise WrongUsage(
            f"The snapshot date {snapshot_date} lies before {EARLIEST_SNAPSHOT}.",
            "give --as-of the business date of the extract, as YYYY-MM-DD.",
        )
    return snapshot_date


def days_until(until: date, count: int) -> list[date]:
    """Returns that many days in order, the last of which is `until`."""
    return [until - timedelta(days=back) for back in reversed(range(count))]


def months_before(day: date, months: int) -> date:
    """Returns the same day of an earlier month, or that month's last day where it is shorter.

    Example: one month before 2026-03-31 is 2026-02-28, two months before it is 2026-01-31.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months_between(day: date, later: date) -> int:
    """Returns the whole months from a day to a later one: the most that, taken off the later day, do not pass the day.

    Example: up to 2026-03-31, 2026-03-01 is 0 months away, 2026-02-28 one, 2026-02-01 one, 2026-01-31 two. 31 days are
    at least one month and 62 days at least two, whatever the months.
    """
    months = (later.year - day.year) * 12 + later.month - day.month
    return months if months_before(later, months) >= day else months - 1


def unbroken_ranges(days: Iterable[date]) -> list[list[date]]:
    """Returns days in order, cut wherever one is missing.

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
    """Returns dates as a person writes them.

    Example: 2026-11-19 to 2026-11-21, 2026-11-23.
    """
    spans = [(unbroken[0], unbroken[-1]) for unbroken in unbroken_ranges(days)]
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)

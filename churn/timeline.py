"""Dates of the product: which day a row speaks of. Pure arithmetic, and the one place that reads the clock.

- snapshot_date: the business date of an extract.
- as_of_date: the day features describe; equals the snapshot date they come from.
- prediction_date: the as_of_date that was scored. Never the clock.

Worked example: the extract of Saturday 2026-11-21 arrives in the night and is run at 00:00 UTC on the 22nd with
`--as-of 2026-11-21`. Its rows have snapshot_date = as_of_date = prediction_date = 2026-11-21, whenever it is run again.
"""

from datetime import UTC, date, datetime

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

"""The horizon of a label: how long after the as-of date a customer may leave to count as a leaver."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

MEAN_MONTH_DAYS = 30.4375
"""The length of a horizon of one calendar month, on average."""
MONTH_DAYS = 30
"""The length of a month of survival and of enrolment: months ahead are counted in days, not by the calendar."""
Unit = Literal["day", "month"]
LeftBy = Literal["mark", "date", "absence"]
"""How an extract shows who left: a mark in its churn column, a leaving date there, or the customer's absence."""


@dataclass(frozen=True)
class Horizon:
    """A number of days or of calendar months."""

    count: int
    unit: Unit = "day"

    @classmethod
    def read(cls, text: str) -> "Horizon":
        """Reads "30 days" or "1 month".

        Raises:
            ValueError: the text has another format, or the horizon is longer than two years.
        """
        found = re.fullmatch(r"([1-9]\d{0,2}) (day|month)s?", text.strip())
        if not found or int(found[1]) > (730 if found[2] == "day" else 24):
            raise ValueError(f"{text!r} is not a horizon such as '30 days' or '1 month', of at most two years")
        return cls(int(found[1]), "day" if found[2] == "day" else "month")

    def __str__(self) -> str:
        """Returns the horizon as `read` reads it."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    @property
    def days(self) -> float:
        """The length in days; a month has 30.4 on average."""
        return float(self.count) if self.unit == "day" else self.count * MEAN_MONTH_DAYS

    def after(self, day: date) -> date:
        """Returns the last day of the horizon of a date.

        Example: 1 month after 2026-01-15 is 2026-02-15. After 2026-01-31 it is 2026-02-28, the last day of that month,
        and after 2026-02-28 it is 2026-03-28.
        """
        if self.unit == "day":
            return day + timedelta(days=self.count)
        years, month = divmod(day.month - 1 + self.count, 12)
        year = day.year + years
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class LabelRules:
    """How a company's extracts are labelled: the section [churn] of the declaration.

    Attributes:
        left: mark, date or absence. With absence a mark or a date counts too, where an extract has one.
        tolerance_days: how far the extract that shows who left may lie from the end of the horizon.
    """

    left: LeftBy = "mark"
    horizon: Horizon = Horizon(30)
    tolerance_days: int = 7


DEFAULT_RULES = LabelRules()


MONTH_OF_EXTRACT = "the month that the extract covers"
"""What exports and online answers have as the horizon of a model whose label has none of its own."""


def tell_horizon(horizon: str | None) -> str:
    """Returns the horizon as a page says it after a probability: "within 30 days"."""
    return f"within {horizon}" if horizon else "within the month the extract covers"

"""What happens to a whole telecom: a price rise, an outage, a competitor's offer, the season."""

import math
from dataclasses import dataclass
from datetime import date

from churn.errors import WrongUsage

YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Shock:
    """Something that makes some customers leave more for a while.

    Attributes:
        first_day: day of the simulation on which it begins (0 is the first extract).
        days: how long it lasts.
        log_odds: what it adds to the log-odds of the monthly hazard.
        hits: "fiber" customers, "month_to_month" customers or "everyone".
        price_share: for good, from the first day on, everybody's monthly charge rises by this share.
    """

    first_day: int
    days: int
    log_odds: float
    hits: str = "everyone"
    price_share: float = 0.0


_DAYS_OF_A_PRICE_RISE = 60
_OUTAGE_LOG_ODDS, _COMPETITOR_LOG_ODDS = 1.0, 0.7


def read_shocks(price_rise: str | None, outage: str | None, competitor: str | None) -> tuple[Shock, ...]:
    """Reads those that are given.

    Raises:
        WrongUsage: one is not written as it should be.
    """
    events = ((price_rise, price_rise_of), (outage, outage_of), (competitor, competitor_of))
    return tuple(read(text) for text, read in events if text)


def price_rise_of(text: str) -> Shock:
    """Reads a price rise written as DAY:SHARE, `30:0.1` for ten percent from day 30 on.

    For 60 days it adds 0.05 log-odds of leaving a month per percent, to those who are free to leave.

    Raises:
        WrongUsage: it is not written so.
    """
    day, _, share = text.partition(":")
    try:
        return Shock(int(day), _DAYS_OF_A_PRICE_RISE, 5 * float(share), "month_to_month", float(share))
    except ValueError:
        raise WrongUsage(f"{text!r} is no price rise.", "write it as DAY:SHARE, for example 30:0.1 .") from None


def outage_of(text: str) -> Shock:
    """Reads an outage in the fiber network written as DAY:DAYS, `20:7` for the week from day 20 on.

    While it lasts it adds 1.0 log-odds of leaving a month to fiber customers.

    Raises:
        WrongUsage: it is not written so.
    """
    return Shock(*_span_of(text, "outage"), _OUTAGE_LOG_ODDS, "fiber")


def competitor_of(text: str) -> Shock:
    """Reads a competitor's offer written as DAY:DAYS, `20:30` for thirty days from day 20 on.

    While it lasts it adds 0.7 log-odds of leaving a month to those who are free to leave.

    Raises:
        WrongUsage: it is not written so.
    """
    return Shock(*_span_of(text, "competitor's offer"), _COMPETITOR_LOG_ODDS, "month_to_month")


def _span_of(text: str, what: str) -> tuple[int, int]:
    day, _, days = text.partition(":")
    try:
        return int(day), int(days)
    except ValueError:
        raise WrongUsage(f"{text!r} is no {what}.", "write it as DAY:DAYS, for example 20:7 .") from None


@dataclass(frozen=True)
class Season:
    """A year's swing of leaving.

    Attributes:
        share: how much higher the odds of leaving are at the peak than on average; as much lower half a year later.
        peak_day: day of the simulation that is a 15 January, after the holidays.
    """

    share: float = 0.0
    peak_day: float = 0.0

    def log_odds(self, day: int) -> float:
        """Returns what the season adds to the log-odds of leaving on a day of the simulation.

        Example: with share 0.2 it is ln 1.2 = 0.18 at the peak, 0 three months and -0.18 six months later.
        """
        return math.log1p(self.share) * math.cos(2 * math.pi * (day - self.peak_day) / YEAR_DAYS)


def season_of(share: float, first_date: date) -> Season:
    """Returns the season of a simulation whose day 0 is a date."""
    return Season(share, (date(first_date.year, 1, 15) - first_date).days)

"""Events that change the hazard of many customers: a price rise, an outage, a competitor's offer, the season."""

import math
from dataclasses import dataclass
from datetime import date

from churn.errors import WrongUsage

YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Shock:
    """An event that raises the hazard of some customers for some days.

    Attributes:
        first_day: the day of the simulation on which it begins (0 is the first extract).
        days: the number of days that it lasts.
        log_odds: what it adds to the log-odds of the monthly hazard.
        hits: "fiber" customers, "month_to_month" customers or "everyone".
        price_share: the share by which monthly charges rise, from the first day on and without an end.
        dearer: whose charges rise: as `hits`.
    """

    first_day: int
    days: int
    log_odds: float
    hits: str = "everyone"
    price_share: float = 0.0
    dearer: str = "everyone"


_DAYS_OF_A_PRICE_RISE = 60
_OUTAGE_LOG_ODDS, _COMPETITOR_LOG_ODDS = 1.0, 0.7


def read_shocks(price_rise: str | None, outage: str | None, competitor: str | None) -> tuple[Shock, ...]:
    """Reads the events of the options that are given.

    Raises:
        WrongUsage: an option does not have its format.
    """
    events = ((price_rise, price_rise_of), (outage, outage_of), (competitor, competitor_of))
    return tuple(read(text) for text, read in events if text)


def price_rise_of(text: str) -> Shock:
    """Reads a price rise in the format DAY:SHARE. `30:0.1` is a rise of 10% from day 30 on.

    For 60 days it adds 0.05 to the log-odds of leaving within a month for each percent, for customers without a fixed
    term.

    Raises:
        WrongUsage: the text does not have this format.
    """
    day, _, share = text.partition(":")
    try:
        return Shock(int(day), _DAYS_OF_A_PRICE_RISE, 5 * float(share), "month_to_month", float(share))
    except ValueError:
        raise WrongUsage(
            f"--price-rise {text!r} is not in the format DAY:SHARE.",
            "write it like 30:0.1, a rise of 10% from day 30 on.",
        ) from None


def outage_of(text: str) -> Shock:
    """Reads an outage of the fiber network in the format DAY:DAYS. `20:7` is the week from day 20 on.

    While it lasts, it adds 1.0 to the log-odds of leaving within a month for fiber customers.

    Raises:
        WrongUsage: the text does not have this format.
    """
    return Shock(*_span_of(text, "outage"), _OUTAGE_LOG_ODDS, "fiber")


def competitor_of(text: str) -> Shock:
    """Reads a competitor's offer in the format DAY:DAYS. `20:30` is the 30 days from day 20 on.

    While it lasts, it adds 0.7 to the log-odds of leaving within a month for customers without a fixed term.

    Raises:
        WrongUsage: the text does not have this format.
    """
    return Shock(*_span_of(text, "competitor"), _COMPETITOR_LOG_ODDS, "month_to_month")


def _span_of(text: str, option: str) -> tuple[int, int]:
    day, _, days = text.partition(":")
    try:
        return int(day), int(days)
    except ValueError:
        raise WrongUsage(
            f"--{option} {text!r} is not in the format DAY:DAYS.", "write it like 20:7, the week from day 20 on."
        ) from None


@dataclass(frozen=True)
class Season:
    """The yearly swing of the hazard.

    Attributes:
        share: how much higher the odds of leaving are at the peak than on average, as a share. Half a year later the
            odds are lower by the same factor.
        peak_day: a day of the simulation that is a 15 January, after the holidays.
    """

    share: float = 0.0
    peak_day: float = 0.0

    def log_odds(self, day: int) -> float:
        """Returns what the season adds to the log-odds of leaving on a day of the simulation.

        Example: with share 0.2 it is ln 1.2 = 0.18 at the peak, 0 three months and -0.18 six months later.
        """
        return math.log1p(self.share) * math.cos(2 * math.pi * (day - self.peak_day) / YEAR_DAYS)


def season_of(share: float, first_date: date) -> Season:
    """Returns the season of a simulation whose day 0 is the given date."""
    return Season(share, (date(first_date.year, 1, 15) - first_date).days)

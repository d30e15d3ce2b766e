"""The story of the demo: 26 weekly extracts of one telecom with an outage, a campaign and a price rise.

The days are chosen so that each page has something to say: the outage lies before the first training, the window of the
campaign is over on the last day, and the price rise falls into the last week, where it explains the headline.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from churn.simulation.campaign import is_reached, read_contacts
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.shocks import outage_of, price_rise_of
from churn.simulation.world import World

WEEKS = 26
WEEK_DAYS = 7
CUSTOMERS = 6_000
CAMPAIGN = "loyalty"
CAMPAIGN_WEEK = 12
"""The week of the wave: by then labels of seven weeks have matured, and 13 weeks remain for the window of 60 days."""
CAMPAIGN_DAY = (CAMPAIGN_WEEK - 1) * WEEK_DAYS
CHANNEL = "letter"
_SEED = 20
_OUTAGE, _OUTAGE_DAYS = 30, 7
_PRICE_RISE, _PRICE_SHARE = (WEEKS - 2) * WEEK_DAYS + 2, 0.06
_SPAN = (WEEKS - 1) * WEEK_DAYS + 1

POLICY = """
[channels.call]
seats = 80
contact_usd = 2.0
reach = 0.6
"""
"""What the demo adds to the policy that comes with the program: ten calls a day for each of eight agents."""

_CAMPAIGN_POLICY = """
[channels.{channel}]
seats = 5000
contact_usd = 0.5
reach = 0.8
[[offers]]
id = "support_3m"
worth_months = 0.05
save_rate = 0.5
only_if = {{ contract = "Month-to-month", tenure_band = ["13-24", "25-48", "49+"] }}
[campaign.{name}]
offers = ["support_3m"]
holdout_share = 0.4
window_days = 60
enrol_from = {enrolled}
enrol_days = 1
read_on = {read_on}
smallest_effect = 0.3
"""


@dataclass(frozen=True)
class Calendar:
    """The dates of the story.

    Attributes:
        days: the as-of dates of the extracts, in order.
        enrolled: the date of the campaign's wave.
        outage, price_rise: the first day of each event.
    """

    days: tuple[date, ...]
    enrolled: date
    outage: date
    price_rise: date

    @property
    def before(self) -> tuple[date, ...]:
        """The dates up to the wave."""
        return tuple(day for day in self.days if day <= self.enrolled)

    @property
    def after(self) -> tuple[date, ...]:
        """The dates after the wave."""
        return tuple(day for day in self.days if day > self.enrolled)


def plan_calendar(last: date) -> Calendar:
    """Returns the dates of a story that ends on a day."""
    days = tuple(last - timedelta(days=WEEK_DAYS * back) for back in reversed(range(WEEKS)))
    events = (days[0] + timedelta(days=after) for after in (_OUTAGE, _PRICE_RISE))
    return Calendar(days, days[CAMPAIGN_WEEK - 1], *events)


def write_campaign_policy(calendar: Calendar) -> str:
    """Returns the sections of the campaign: letters to customers without a term, 40% held out."""
    return _CAMPAIGN_POLICY.format(
        channel=CHANNEL, name=CAMPAIGN, enrolled=calendar.enrolled, read_on=calendar.days[-1]
    )


def write_before(folder: Path, calendar: Calendar) -> dict[date, Path]:
    """Writes the extracts up to the wave. Returns each with its date."""
    length = (calendar.enrolled - calendar.days[0]).days + 1
    written = write_daily_extracts(folder, _world(), length, calendar.enrolled, WEEK_DAYS)
    return dict(zip(calendar.before, written, strict=True))


def write_after(folder: Path, calendar: Calendar, contacts: Path) -> dict[date, Path]:
    """Writes all extracts, with the effect of the contacts of the campaign. Returns those after the wave.

    Args:
        folder: where they are written.
        calendar: the dates.
        contacts: a CSV file of the contacts that were sent; see `simulation.campaign`.
    """
    world = replace(_world(), campaign=read_contacts(contacts, calendar.days[0]))
    written = write_daily_extracts(folder, world, _SPAN, calendar.days[-1], WEEK_DAYS)
    return dict(zip(calendar.days[CAMPAIGN_WEEK:], written[CAMPAIGN_WEEK:], strict=True))


def _world() -> World:
    shocks = (outage_of(f"{_OUTAGE}:{_OUTAGE_DAYS}"), price_rise_of(f"{_PRICE_RISE}:{_PRICE_SHARE}"))
    return World(CUSTOMERS, _SEED, shocks=shocks)


def list_events(calendar: Calendar) -> list[tuple[date, str]]:
    """Returns what happened, with its day, as a person would write it down."""
    return [
        (calendar.outage, f"outage of the fiber network, {_OUTAGE_DAYS} days"),
        (calendar.price_rise, f"prices rise by {_PRICE_SHARE:.0%}"),
    ]


def write_contacts(contacts: pl.DataFrame, sent_on: date, path: Path) -> None:
    """Writes the contacts of the campaign as the simulator reads them.

    Args:
        contacts: customer_id, offer_id and channel of the contacts that were sent.
        sent_on: the day of sending.
        path: the file to write.
    """
    dated = pl.lit(sent_on).alias("contacted_on")
    contacts.select(pl.col("customer_id").alias("customerID"), dated, "offer_id", "channel").write_csv(path)


def write_answers(contacts: pl.DataFrame, sent_on: date, path: Path) -> None:
    """Writes what came of the contacts: who was reached, and who of them took the offer.

    Args:
        contacts: contact_id, customer_id and channel of the contacts that were sent.
        sent_on: the day of sending.
        path: the file of outcomes to write.
    """
    day = CAMPAIGN_DAY
    rows = [
        (contact, _answer(number, is_reached(customer, day, channel)), f"{sent_on + timedelta(days=3)}T15:00:00+00:00")
        for number, (contact, customer, channel) in enumerate(
            contacts.select("contact_id", "customer_id", "channel").iter_rows()
        )
    ]
    pl.DataFrame(rows, schema=["contact_id", "event", "occurred_at"], orient="row").write_csv(path)


def _answer(number: int, reached: bool) -> str:
    """Returns the event: every third customer who is reached takes the offer."""
    if not reached:
        return "not_reached"
    return "accepted" if number % 3 == 0 else "reached"

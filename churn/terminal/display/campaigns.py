"""Campaigns: what one can show, a wave, what one was worth, and all there are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from churn.contracts.money import write_money
from churn.stages import counted
from churn.terminal.display.layout import Column, indented, open_console, percent, print_table, usd

if TYPE_CHECKING:
    from churn.campaigns.forecasting import Forecast
    from churn.contracts.campaigns import Campaign, Reading
    from churn.economics.offers import CampaignPlan
    from churn.stages import Outcome
    from churn.stores.ledgers.campaigns import CampaignLine

_COLOURS = {"works": "green", "harms": "red", "broken draw": "red"}


def show_forecast(plan: "CampaignPlan", forecast: "Forecast", console: Console | None = None) -> None:
    """Prints who is eligible, how many months an answer takes, and what the control group and a seat are worth."""
    console = console or open_console()
    new = "assumed" if forecast.is_new_assumed else "as in the last 30 days"
    console.print(
        f"{counted(forecast.eligible_count, 'customer')} can be enrolled today, and about {forecast.new_a_month:,.0f} "
        f"more a month ({new}). Without a contact {percent(forecast.leaving_share)} of them leave within "
        f"{plan.window_days} days."
    )
    for reason, count in forecast.excluded.items():
        console.print(indented(f"{count:,} excluded: {reason}", 2))
    holdouts = list(next(iter(forecast.months.values())))
    columns = [Column("reduction of leaving"), *(Column(f"{holdout:.0%} held out") for holdout in holdouts)]
    rows = [
        [f"{effect:.0%}", *(_months(months[holdout]) for holdout in holdouts)]
        for effect, months in forecast.months.items()
    ]
    print_table(console, "Months until an answer", columns, rows)
    _show_costs(plan, forecast, console)


def _months(months: int | None) -> str:
    return "more than 60" if months is None else str(months)


def _show_costs(plan: "CampaignPlan", forecast: "Forecast", console: Console) -> None:
    console.print(
        f"The control group of {plan.holdout_share:.0%} gives up an expected profit of {usd(forecast.holdout_usd)} "
        "in the first wave."
    )
    for channel, price in forecast.seat_prices_usd.items():
        if price:
            console.print(f"One more {channel} a day would bring {write_money(price, 2)}.")
    needs = _months(forecast.months_of_plan)
    given = f"it gives itself {forecast.months_given:.0f}"
    console.print(f"{plan.name} wants to see a reduction of {plan.smallest_effect:.0%}: {needs} months; {given}.")
    if not forecast.is_answerable():
        console.print("[red]That is too little time.[/red] Change read_on, the seats or holdout_share.")


def show_wave(outcome: "Outcome", console: Console | None = None) -> None:
    """Prints what a wave did, and why the other active customers were left out."""
    console = console or open_console()
    console.print(f"{outcome.summary}.", markup=False)
    for row in outcome.details:
        console.print(indented(f"{row['customers_count']:,} {row['reason']}", 2))


def show_readings(campaign: "Campaign", readings: Sequence["Reading"], console: Console | None = None) -> None:
    """Prints the verdict of each outcome and contrast, and the sentence behind it."""
    console = console or open_console()
    for reading in readings:
        title = {"left": "Leaving", "money_usd": "Money"}[reading.outcome]
        title += "" if reading.contrast == "all" else f", offer {reading.contrast}"
        colour = _COLOURS.get(reading.verdict, "yellow")
        console.print(f"[bold]{title}[/bold]: [{colour}]{reading.verdict}[/{colour}]")
        console.print(indented(reading.why, 2))
        console.print(
            indented(
                f"{counted(reading.treated_count, 'contacted customer')} ({reading.treated_leavers:,} left, "
                f"{percent(reading.reached_share)} reached) and {reading.control_count:,} held out "
                f"({reading.control_leavers:,} left), as of {reading.as_of_date}",
                2,
                "dim",
            )
        )
    if readings and readings[0].as_of_date < campaign.read_on:
        console.print(f"The agreed day of the reading is {campaign.read_on}.")


def show_campaigns(lines: Sequence["CampaignLine"], console: Console | None = None) -> None:
    """Prints every campaign, the newest first."""
    console = console or open_console()
    if not lines:
        console.print("There is no campaign yet. Plan one in the policy file, then run `churn campaign plan NAME`.")
        return
    columns = [
        Column("campaign"),
        Column("status"),
        Column("contacted"),
        Column("held out"),
        Column("enrols until", drop=1),
        Column("read on"),
    ]
    rows = [
        [
            line.campaign.campaign_id,
            line.status,
            f"{line.treated_count:,}",
            f"{line.control_count:,}",
            str(line.campaign.enrol_until),
            str(line.campaign.read_on),
        ]
        for line in lines
    ]
    print_table(console, "Campaigns", columns, rows)

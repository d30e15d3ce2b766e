"""The command that makes customers up."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from churn.errors import WrongUsage
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose, parse_date

app = typer.Typer()

Span = "DAY:DAYS"
Until = Annotated[date | None, typer.Option(parser=parse_date, help="Last day; today (UTC).", metavar="DATE")]


@app.command(
    rich_help_panel="Try it out",
    epilog="Examples:\n\nchurn simulate --customers 1000000 --seed 3 --out million.csv\n\n"
    "churn simulate --days 60 --price-rise 30:0.1 --out landing\n\n"
    "churn simulate --days 90 --calls 0.1 --season 0.2 --untidy 3 --out landing",
)
def simulate(
    out: Annotated[Path, typer.Option(help="The file to write, or with --days the folder.", metavar="PATH")],
    customers: Annotated[int, typer.Option(min=1, max=100_000_000, help="How many, on the first day.")] = 7043,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same customers.")] = 20,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Let them live that many days.")] = None,
    months: Annotated[int | None, typer.Option(min=1, max=120, help="The same in months of 30 days.")] = None,
    every: Annotated[int, typer.Option(min=1, max=365, help="An extract every so many days.")] = 1,
    until: Until = None,
    price_rise: Annotated[
        str | None,
        typer.Option(help="From that day on (0 is the first) everybody pays that share more.", metavar="DAY:SHARE"),
    ] = None,
    outage: Annotated[str | None, typer.Option(help="Fiber fails from a day on, for days.", metavar=Span)] = None,
    competitor: Annotated[
        str | None, typer.Option(help="A rival woos those free to leave, from a day on, for days.", metavar=Span)
    ] = None,
    season: Annotated[
        float, typer.Option(min=0, max=5, help="Odds of leaving in January above the year's, as a share.")
    ] = 0.0,
    calls: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the customers who are called each month, at random.")
    ] = 0.0,
    untidy: Annotated[
        int, typer.Option(min=0, max=365, help="So many files late, twice and wrong at first; see OUT-later.")
    ] = 0,
    verbose: Verbose = False,
) -> None:
    """Write extracts of made-up customers, with odds known to the simulator."""
    with told_in_one_line(verbose):
        from churn.simulation import deliveries, extracts
        from churn.simulation.contacts import Contacts
        from churn.simulation.living import MONTH_DAYS, World
        from churn.simulation.shocks import read_shocks, season_of
        from churn.timeline import days_until, today

        if days and months:
            raise WrongUsage("--days and --months both say how long.", "give one of them.")
        length = days or (months or 0) * MONTH_DAYS
        if not length:
            _refuse_without_days(every > 1, until, price_rise, outage, competitor, season, calls, untidy)
            extracts.write_synthetic_extract(out, customers, seed)
            typer.echo(f"{out}: {customers:,} made-up customers, seed {seed}")
            return
        last = until or today()
        events, swing = read_shocks(price_rise, outage, competitor), season_of(season, days_until(last, length)[0])
        world = World(customers, seed, shocks=events, season=swing, contacts=Contacts(calls))
        out = out.resolve()  # what lies beside it takes its name: "." has none
        written = extracts.write_daily_extracts(out, world, length, last, every)
        typer.echo(f"{out}: {len(written)} extracts of a made-up telecom, {written[0].name} to {written[-1].name}")
        if untidy:
            typer.echo(f"{deliveries.deliver_untidily(out, written, untidy, seed)}: what comes later")


def _refuse_without_days(*given: object) -> None:
    """Raises WrongUsage where something is asked for that only a telecom that lives has."""
    options = ("every", "until", "price-rise", "outage", "competitor", "season", "calls", "untidy")
    if alone := [f"--{name}" for name, value in zip(options, given, strict=True) if value]:
        raise WrongUsage(f"{', '.join(alone)}: only a telecom that lives has that.", "add --days or --months.")

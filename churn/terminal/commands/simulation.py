"""The commands that need no data: extracts of synthetic customers, and the demo."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churn.errors import WrongUsage
from churn.shell.one_line import one_line_errors
from churn.shell.options import STANDARD_OUTPUT, Verbose, parse_date
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

if TYPE_CHECKING:
    from churn.settings import Settings
    from churn.simulation.world import World

app = typer.Typer()
TASK = "Try it out"

Until = Annotated[
    date | None,
    typer.Option(parser=parse_date, help="Last day of the simulation (default: today, UTC).", metavar="DATE"),
]
PriceRise = Annotated[
    str | None,
    typer.Option(
        help="Raise every monthly charge by SHARE from day DAY on; 0 is the first day (30:0.1 = 10% from day 30).",
        metavar="DAY:SHARE",
    ),
]
Outage = Annotated[
    str | None,
    typer.Option(help="Let the fiber network fail from day DAY on, for DAYS days.", metavar="DAY:DAYS"),
]
Competitor = Annotated[
    str | None,
    typer.Option(
        help="Let a competitor court customers without a running contract, from day DAY on, for DAYS days.",
        metavar="DAY:DAYS",
    ),
]
Season = Annotated[
    float,
    typer.Option(
        min=0, max=5, help="Raise the odds of leaving in January by this share above the year's mean.", metavar="SHARE"
    ),
]
Calls = Annotated[
    float,
    typer.Option(min=0, max=1, help="Call this share of the customers each month, at random.", metavar="SHARE"),
]
Campaign = Annotated[
    Path | None,
    typer.Option(
        help="Apply the contacts of this CSV file: customerID, contacted_on, offer_id, channel (default: no contacts).",
        metavar="FILE",
    ),
]
Untidy = Annotated[
    int,
    typer.Option(
        min=0,
        max=365,
        help="Deliver N files late, N twice and N with errors; the late and corrected files go to OUT-later.",
        metavar="N",
    ),
]


@command(
    app,
    TASK,
    "churn simulate --customers 1000000 --seed 3 --out million.csv",
    "churn simulate --days 60 --price-rise 30:0.1 --out landing",
    "churn simulate --days 90 --calls 0.1 --season 0.2 --untidy 3 --out landing",
)
def simulate(
    out: Annotated[
        Path,
        typer.Option(
            help="File to write, - for standard output; with --days or --months the folder.", metavar="PATH|-"
        ),
    ],
    customers: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="Number of customers on the first day.", metavar="N")
    ] = 7043,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same customers.", metavar="N")] = 20,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="Simulate this many days (default: one extract, no days).", metavar="N"),
    ] = None,
    months: Annotated[
        int | None, typer.Option(min=1, max=120, help="Simulate this many months of 30 days.", metavar="N")
    ] = None,
    every: Annotated[int, typer.Option(min=1, max=365, help="Write an extract every N days.", metavar="N")] = 1,
    until: Until = None,
    price_rise: PriceRise = None,
    outage: Outage = None,
    competitor: Competitor = None,
    season: Season = 0.0,
    calls: Calls = 0.0,
    campaign: Campaign = None,
    untidy: Untidy = 0,
    verbose: Verbose = False,
) -> None:
    """Write extracts of synthetic customers, whose true odds of leaving the simulator knows."""
    with one_line_errors(verbose):
        from churn.simulation.campaign import read_contacts
        from churn.simulation.contacts import Contacts
        from churn.simulation.living import MONTH_DAYS
        from churn.simulation.shocks import read_shocks, season_of
        from churn.simulation.world import World
        from churn.timeline import days_until, today

        length = _length_of(days, months, MONTH_DAYS)
        if not length:
            _refuse_without_days(every > 1, until, price_rise, outage, competitor, season, calls, campaign, untidy)
            _write_one(out, customers, seed)
            return
        last = until or today()
        first, shocks = days_until(last, length)[0], read_shocks(price_rise, outage, competitor)
        untouched = World(customers, seed, shocks=shocks, season=season_of(season, first))
        world = replace(untouched, contacts=Contacts(calls), campaign=read_contacts(campaign, first))
        _write_days(out, world, length, last, every, untidy, seed)


def _length_of(days: int | None, months: int | None, month_days: int) -> int:
    """Returns the days of the simulation; 0 for one extract without days."""
    if days and months:
        raise WrongUsage("--days and --months both set the length.", "give only one of them.")
    return days or (months or 0) * month_days


def _refuse_without_days(*given: object) -> None:
    """Raises WrongUsage where an option is given that needs a multi-day simulation."""
    options = ("every", "until", "price-rise", "outage", "competitor", "season", "calls", "campaign", "untidy")
    if alone := [f"--{name}" for name, value in zip(options, given, strict=True) if value]:
        verb = "needs" if len(alone) == 1 else "need"
        raise WrongUsage(f"{', '.join(alone)} {verb} a multi-day simulation.", "add --days or --months.")


def _write_one(out: Path, customers: int, seed: int) -> None:
    from churn.simulation import extracts
    from churn.terminal.standard_output import file_to_write, say_written

    with file_to_write(out, "csv") as path:
        extracts.write_synthetic_extract(path, customers, seed)
    say_written(f"Wrote {customers:,} synthetic customers (seed {seed}) to {path}.", out, path)


def _write_days(out: Path, world: "World", length: int, last: date, every: int, untidy: int, seed: int) -> None:
    """Writes an extract every so many days; the late and corrected ones, if any, to the folder beside."""
    from churn.simulation import deliveries, extracts

    if out == STANDARD_OUTPUT:
        raise WrongUsage("A multi-day simulation writes a folder, not standard output.", "name a folder: --out FOLDER.")
    out = out.resolve()  # the truth and the late files lie beside the folder and take its name: "." has none
    written = extracts.write_daily_extracts(out, world, length, last, every)
    typer.echo(f"Wrote {len(written)} synthetic extracts to {out}, {written[0].name} to {written[-1].name}.")
    if untidy:
        later = deliveries.deliver_untidily(out, written, untidy, seed)
        typer.echo(f"The late and corrected files are in {later}.")


@command(app, TASK, "churn demo", "CHURN_HOME=demo churn demo --no-open")
def demo(
    open_pages: Annotated[
        bool, typer.Option("--open/--no-open", help="Serve the pages and open them in the browser.")
    ] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.", metavar="PORT")] = 8501,
    verbose: Verbose = False,
) -> None:
    """Build half a year of a synthetic telecom in a home of its own, and open the pages; needs no data."""
    with quiet_command(verbose):
        from churn.settings import load_settings
        from churn.terminal import demonstrating
        from churn.timeline import today

        settings = demonstrating.choose_settings(load_settings())
        is_new = demonstrating.build_demo(settings, today())
        home = settings.home_dir
        typer.echo(f"The demo is {'ready' if is_new else 'there already'}: {home}. To start anew, remove that folder.")
        if not open_pages:
            typer.echo(f"Open next: CHURN_HOME={home} churn dashboard")
            return
        _open_pages(settings, port)


def _open_pages(settings: "Settings", port: int) -> None:
    """Serves the pages of the demo until the process is stopped."""
    from churn.dashboard.serving import HERE, serve
    from churn.terminal import demonstrating

    # The pages read the environment anew for each question, as every process of the product does.
    os.environ |= {"CHURN_HOME": str(settings.home_dir), "CHURN_POLICIES": str(demonstrating.find_policy(settings))}
    if settings.database_url is None:
        os.environ.pop("CHURN_DATABASE_URL", None)
    typer.echo(f"The pages are at http://{HERE}:{port}. Press Ctrl-C to stop them.")
    serve(HERE, port, open_browser=True)

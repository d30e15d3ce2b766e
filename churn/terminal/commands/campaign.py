"""The commands of the retention loop: plan a campaign, run it, take back its outcomes, read what it was worth."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from churn.shell.options import AsJson, PublishedDate, Verbose, parse_date
from churn.shell.person import Person, find_person
from churn.terminal.help_page import HelpfulGroup, command
from churn.terminal.quiet import quiet_command

app = typer.Typer(help="Plan a campaign, contact customers, read its worth.", no_args_is_help=True, cls=HelpfulGroup)
alone = typer.Typer()
TASK = "Contact customers"

Name = Annotated[str, typer.Argument(help="Name of the campaign: [campaign.NAME] of the policy file.", metavar="NAME")]


@command(app, TASK, "churn campaign plan autumn")
def plan(name: Name, as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show what a campaign can show on your customers, how long that takes, and what the control group costs."""
    with quiet_command(verbose):
        from churn.reporting import campaigns
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.campaigns import show_forecast
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            planned, forecast = campaigns.plan_campaign(workplace, name)
        if as_json:
            print_json({"plan": planned, "forecast": forecast})
            return
        show_forecast(planned, forecast)


@command(app, TASK, "churn campaign start autumn", "churn campaign start autumn --anyway --why 'a first try'")
def start(
    name: Name,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Start it although its dates give it too little time for an answer.")
    ] = False,
    why: Annotated[
        str | None, typer.Option(help="Reason for the ledger (default: as planned).", metavar="TEXT")
    ] = None,
    by: Person = None,
    verbose: Verbose = False,
) -> None:
    """Start a campaign of the policy file. Its promise is written down and never changes."""
    with quiet_command(verbose):
        from churn.reporting import campaigns
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            started = campaigns.start_campaign(workplace, name, by or find_person(), why, anyway)
        typer.echo(
            f"{name} runs: it enrols customers from {started.enrol_from} to {started.enrol_until}, holds out "
            f"{started.holdout_share:.0%}, and is read on {started.read_on}. Next: churn campaign wave {name}"
        )


@command(app, TASK, "churn campaign wave autumn")
def wave(name: Name, as_of: PublishedDate = None, as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Enrol the customers of a published date. The same date twice changes nothing."""
    with quiet_command(verbose):
        from churn.stages import contacting
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.campaigns import show_wave
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            outcome = contacting.run_wave(workplace, name, as_of)
        if as_json:
            print_json(outcome)
            return
        show_wave(outcome)


@command(app, TASK, "churn campaign send autumn --out outbox")
def send(
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the files of contacts (default: none, which is enough for channels with an address).",
            metavar="FOLDER",
        ),
    ] = None,
    on: Annotated[
        date | None, typer.Option(parser=parse_date, help="Day of sending (default: today, UTC).", metavar="DATE")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Send the contacts of the day: to files, to reporting.contact_list, or by webhook. Repeat it safely."""
    with quiet_command(verbose):
        from churn.stages import delivering
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            for outcome in delivering.send_contacts(workplace, name, out, on):
                typer.echo(f"{outcome.summary}.")


@command(app, TASK, "churn campaign take-back outcomes.csv --codes codes.toml", "churn campaign take-back")
def take_back(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV or Parquet file of events (default: landing.contact_events).", metavar="[FILE]"),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(help="TOML file that translates your own codes (default: those of the policy).", metavar="FILE"),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Record what came of the contacts. The same file twice changes nothing."""
    with quiet_command(verbose):
        from churn.stages import taking_back
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            outcome = taking_back.take_back(workplace, file, codes) if file else taking_back.take_in(workplace)
            typer.echo(f"{outcome.summary}.")


@command(app, TASK, "churn campaign read autumn")
def read(name: Name, as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Read what a campaign was worth, with an interval, or say that it is not known yet."""
    with quiet_command(verbose):
        from churn.reporting import campaigns
        from churn.stages import uplifting
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.campaigns import show_readings
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            campaign, readings = campaigns.read_effect(workplace, name)
            learned = uplifting.learn_uplift(workplace, name)
        if as_json:
            print_json(readings)
            return
        show_readings(campaign, readings)
        typer.echo(f"{learned.summary}.")


@command(app, TASK, "churn campaign stop autumn --why 'the offer ended'")
def stop(
    name: Name,
    why: Annotated[str, typer.Option(help="Reason for the ledger.", metavar="TEXT")],
    by: Person = None,
    verbose: Verbose = False,
) -> None:
    """Stop a campaign: nobody is enrolled or contacted any more."""
    with quiet_command(verbose):
        from churn.reporting import campaigns
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            campaigns.stop_campaign(workplace, name, why, by or find_person())
        typer.echo(f"{name} is stopped: {why}.")


@command(app, TASK, "churn campaign list", name="list")
def list_campaigns(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Show every campaign with its status, its dates and its customers."""
    with quiet_command(verbose):
        from churn.stores.ledgers import campaigns
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.campaigns import show_campaigns
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            lines = campaigns.list_campaigns(workplace.engine)
        if as_json:
            print_json(lines)
            return
        show_campaigns(lines)


@command(alone, TASK, "churn suppress do-not-call.csv")
def suppress(
    file: Annotated[Path, typer.Argument(help="CSV file: customer_id, reason, channel, since, until.", metavar="FILE")],
    verbose: Verbose = False,
) -> None:
    """Record customers who must be left alone, or (reason consent) may be contacted again."""
    with quiet_command(verbose):
        from churn.stages import taking_back
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            typer.echo(f"{taking_back.suppress(workplace, file).summary}.")

"""The commands about scores and their history: score a date, backfill the days before, compare two dates, export."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.options import AsJson, KnownAt, PublishedDate, Verbose, parse_date, parse_file, parse_moment
from churn.shell.person import Person, find_person
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()
TASK = "Scores and history"

LoadedDate = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=parse_date, help="Business date (default: the date of the latest extract).", metavar="DATE"
    ),
]


@command(app, TASK, "churn score --as-of 2026-11-22 --model 3")
def score(
    as_of: LoadedDate = None,
    model: Annotated[int | None, typer.Option(help="Model version (default: the champion).", metavar="VERSION")] = None,
    verbose: Verbose = False,
) -> None:
    """Score the customers of a loaded date, audit the scores and publish them."""
    with quiet_command(verbose):
        from churn.terminal import watching
        from churn.terminal.display.findings import outcome_sentence

        typer.echo(outcome_sentence(watching.run_score(load_settings(), as_of, model, verbose)))


@command(app, TASK, 'churn withdraw 2026-11-22 --why "the extract has the prices of last year"')
def withdraw(
    day: Annotated[date, typer.Argument(parser=parse_date, help="A published date.", metavar="DATE")],
    why: Annotated[str, typer.Option("--why", help="The reason, which the ledger keeps.", metavar="TEXT")],
    by: Person = None,
    verbose: Verbose = False,
) -> None:
    """Take a published date back: readers see the last good day before it until a command names the date again."""
    with quiet_command(verbose):
        from churn.stages import withdrawing
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.findings import outcome_sentence

        with open_workplace() as workplace:
            done = withdrawing.withdraw_day(workplace, day, by or find_person(), why)
        typer.echo(outcome_sentence(done))


@command(app, TASK, "churn backfill --days 30 --until 2026-11-22", "churn backfill --json")
def backfill(
    days: Annotated[int, typer.Option(min=1, max=3660, help="Number of days, including the last.", metavar="N")] = 60,
    until: Annotated[
        date | None,
        typer.Option(parser=parse_date, help="Last day (default: the date of the latest extract).", metavar="DATE"),
    ] = None,
    known_at: Annotated[
        datetime | None,
        typer.Option(
            "--known-at",
            parser=parse_moment,
            help="Use only extracts and models that were there at this time, UTC (default: now).",
            metavar="DATE|TIME",
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Publish earlier days: stored extracts are replayed, days before them reconstructed; live days stay unchanged."""
    with quiet_command(verbose):
        from churn.terminal import watching
        from churn.terminal.display.findings import as_sentence
        from churn.terminal.standard_output import print_json

        done = watching.run_backfill(load_settings(), days, until, verbose, known_at)
        if as_json:
            print_json(done)
            return
        typer.echo(as_sentence(done.summary))


@command(
    app,
    TASK,
    "churn export action-list --format xlsx --out calls.xlsx",
    "churn export predictions --out - | head",
)
def export(
    what: Annotated[str, typer.Argument(help="What to export: action-list or predictions.", metavar="WHAT")],
    out: Annotated[
        Path, typer.Option(parser=parse_file, help="File to write; - is standard output.", metavar="PATH|-")
    ],
    file_format: Annotated[
        str, typer.Option("--format", help="File format: csv, parquet or xlsx.", metavar="FORMAT")
    ] = "csv",
    as_of: PublishedDate = None,
    known_at: KnownAt = None,
    verbose: Verbose = False,
) -> None:
    """Write a published date to a file for the CRM; no cell of the file can run as a formula."""
    with quiet_command(verbose):
        from churn.reporting import exporting
        from churn.stores.workplace import open_workplace
        from churn.terminal.standard_output import file_to_write, say_written

        with file_to_write(out, file_format) as path, open_workplace() as workplace:
            summary = exporting.export(workplace, what, file_format, path, as_of, known_at)
        say_written(summary, out, path)


@command(app, TASK, "churn compare 2026-11-20 2026-11-21")
def compare(
    first: Annotated[date, typer.Argument(parser=parse_date, help="A published date.", metavar="DATE1")],
    second: Annotated[date, typer.Argument(parser=parse_date, help="A later published date.", metavar="DATE2")],
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show which customers changed tier between two dates, and how much features, model and corrections moved them."""
    with quiet_command(verbose):
        from churn.reporting import comparing
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import comparisons
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            comparison = comparing.compare(workplace, first, second)
        if as_json:
            print_json(comparisons.as_document(comparison))
            return
        comparisons.show_comparison(comparison)

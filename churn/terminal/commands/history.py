"""The commands about scores and their history: score a date, fill in the days before, compare, export."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose, parse_date, parse_file

app = typer.Typer()

LatestAsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=parse_date, help="Business date; the latest extract's.", metavar="DATE"),
]


@app.command(rich_help_panel="Scores and history")
def score(
    as_of: LatestAsOf = None,
    model: Annotated[int | None, typer.Option(help="Version of the model; the champion.", metavar="VERSION")] = None,
    verbose: Verbose = False,
) -> None:
    """Score the customers of a date whose extract was run, audit the scores, publish them."""
    with told_in_one_line(verbose):
        from churn.terminal import watching

        watching.run_score(load_settings(), as_of, model, verbose)


@app.command(rich_help_panel="Scores and history")
def backfill(
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days, the last included.")] = 60,
    until: Annotated[
        date | None, typer.Option(parser=parse_date, help="The last day; the latest extract's.", metavar="DATE")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Fill in the days before: stored extracts replayed, earlier days rewound. Live days stay as they are."""
    with told_in_one_line(verbose):
        from churn.terminal import watching

        typer.echo(watching.run_backfill(load_settings(), days, until, verbose))


@app.command(
    rich_help_panel="Scores and history",
    epilog="Example: churn export action-list --format xlsx --out calls.xlsx",
)
def export(
    what: Annotated[str, typer.Argument(help="action-list or predictions.")],
    out: Annotated[Path, typer.Option(parser=parse_file, help="The file to write.", metavar="PATH")],
    file_format: Annotated[str, typer.Option("--format", help="csv, parquet or xlsx.")] = "csv",
    as_of: Annotated[
        date | None, typer.Option(parser=parse_date, help="A published date; the latest.", metavar="DATE")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Write a published date to a file for the CRM; no cell of it is a formula."""
    with told_in_one_line(verbose):
        from churn.reporting import exporting

        typer.echo(exporting.export(load_settings(), what, file_format, out, as_of))


@app.command(rich_help_panel="Scores and history", epilog="Example: churn compare 2026-11-20 2026-11-21")
def compare(
    first: Annotated[date, typer.Argument(parser=parse_date, help="A published date.", metavar="DATE1")],
    second: Annotated[date, typer.Argument(parser=parse_date, help="Another.", metavar="DATE2")],
    verbose: Verbose = False,
) -> None:
    """Show who moved tier between two dates, and what of each move features, model and corrections made."""
    with told_in_one_line(verbose):
        from churn.reporting import comparing
        from churn.terminal import watching
        from churn.terminal.display import comparisons

        watching.quieten(verbose)
        comparisons.show_comparison(comparing.compare(load_settings(), first, second))

"""The commands about what people look at: the pages, the report, sources for Tableau."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.one_line import told_in_one_line
from churn.shell.options import Verbose, parse_date, parse_file

app = typer.Typer()


@app.command(rich_help_panel="Look at it")
def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are served.")] = 8501,
    host: Annotated[str, typer.Option(help="Address it is bound to; 0.0.0.0 lets the network in.")] = "127.0.0.1",
    verbose: Verbose = False,
) -> None:
    """Serve the pages people look at: overview, action list, segments, trend, customer, model, data."""
    with told_in_one_line(verbose):
        from churn.dashboard.serving import serve

        typer.echo(f"http://{host}:{port}  (Ctrl-C stops it)")
        serve(host, port)


@app.command(rich_help_panel="Look at it", epilog="Example: churn report --out churn.html")
def report(
    out: Annotated[Path, typer.Option(parser=parse_file, help="The HTML file to write.", metavar="PATH")],
    as_of: Annotated[
        date | None, typer.Option(parser=parse_date, help="A published date; the latest.", metavar="DATE")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Write overview and action list as one HTML file that opens anywhere, offline."""
    with told_in_one_line(verbose):
        from churn.dashboard.report import write_report

        typer.echo(write_report(load_settings(), out, as_of))


@app.command(rich_help_panel="Look at it", epilog="Example: churn tableau --out tableau")
def tableau(
    out: Annotated[Path, typer.Option(help="The folder to write into.", metavar="PATH")],
    verbose: Verbose = False,
) -> None:
    """Write a Tableau data source (.tds) for each reporting view, from the settings; no password is in it."""
    with told_in_one_line(verbose):
        from churn.dashboard.tableau import write_sources

        for path in write_sources(load_settings(), out):
            typer.echo(path)

"""The commands that show results: the pages, the report, the data sources for Tableau."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.one_line import one_line_errors
from churn.shell.options import AsJson, PublishedDate, Verbose, parse_file
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()
TASK = "See the results"


@command(app, TASK, "churn dashboard --port 8600")
def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.", metavar="PORT")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens the pages to the network.", metavar="ADDRESS")
    ] = "127.0.0.1",
    verbose: Verbose = False,
) -> None:
    """Serve the pages: Today, Calls, Segments, Customer, Campaigns, Health, Model and data."""
    with one_line_errors(verbose):  # Streamlit takes over this process, with its own messages
        from churn.dashboard.serving import serve

        typer.echo(f"The pages are at http://{host}:{port}. Press Ctrl-C to stop them.")
        serve(host, port)


@command(app, TASK, "churn serve --port 8700", "churn serve --workers 2")
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens the API to the network.", metavar="ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.", metavar="PORT")] = 8600,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer; one for each core is enough.", metavar="N")
    ] = 1,
    shadow: Annotated[
        int | None,
        typer.Option(min=1, help="Model version to compare with the champion (default: none).", metavar="VERSION"),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Serve online scores over HTTP: one customer, now, with the number that the batch would give."""
    with one_line_errors(verbose):  # uvicorn takes over this process
        from churn.api.serving import name_key, serve

        typer.echo(f"The API is at http://{host}:{port}. {name_key()} Press Ctrl-C to stop it.")
        serve(host, port, workers, shadow)


class Reader(StrEnum):
    """Whom a report is for."""

    TEAM = "team"
    BOARD = "board"


@command(app, TASK, "churn report --out churn.html", "churn report --for board --out board.html")
def report(
    out: Annotated[
        Path, typer.Option(parser=parse_file, help="HTML file to write; - is standard output.", metavar="PATH|-")
    ],
    reader: Annotated[
        Reader, typer.Option("--for", help="team: the figures and the first calls; board: one A4 page.")
    ] = Reader.TEAM,
    as_of: PublishedDate = None,
    verbose: Verbose = False,
) -> None:
    """Write the figures of a date as one HTML file, which opens offline."""
    with quiet_command(verbose):
        from churn.dashboard.board import write_board
        from churn.dashboard.report import write_report
        from churn.terminal.standard_output import file_to_write, say_written

        write = write_board if reader == Reader.BOARD else write_report
        with file_to_write(out, "html") as path:
            summary = write(load_settings(), path, as_of)
        say_written(summary, out, path)


@command(app, TASK, "churn tableau --out tableau")
def tableau(
    out: Annotated[Path, typer.Option(help="Folder to write to.", metavar="FOLDER")],
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Write one Tableau data source (.tds) for each reporting view; the files hold no password."""
    with quiet_command(verbose):
        from churn.dashboard.tableau import write_sources
        from churn.terminal.standard_output import print_json

        paths = write_sources(load_settings(), out)
        if as_json:
            print_json(paths)
            return
        for path in paths:
            typer.echo(path)

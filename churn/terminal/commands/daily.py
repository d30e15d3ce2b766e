"""The commands of every day: run the pipeline, see what is published, see which files arrived."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churn.errors import ExitCode, WrongUsage
from churn.settings import Settings, load_settings
from churn.shell.one_line import EXIT_CODES
from churn.shell.options import STANDARD_OUTPUT, AsJson, AsOf, KnownAt, PublishedDate, Verbose, parse_date, parse_file
from churn.shell.person import Person, find_person
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

if TYPE_CHECKING:
    from churn.reporting.ledger import Rejects
    from churn.reporting.status import Status

app = typer.Typer()
TASK = "Every day"

DeclarationFile = Annotated[
    Path | None,
    typer.Option(
        help="TOML file that says what your extract holds; `churn run` keeps it for later runs "
        "(default: the one kept, or the columns of the public sample).",
        metavar="PATH",
    ),
]
MappingFile = Annotated[
    Path | None, typer.Option(hidden=True, help="The earlier name of --declaration (default: --declaration).")
]


@command(
    app, TASK, "churn run --source extract.csv --as-of 2026-11-22", "churn run --source landing", ending=EXIT_CODES
)
def run(
    source: Annotated[
        str | None,
        typer.Option(
            help="Customer extract: a CSV (.gz) or Parquet file, an http(s) address, a folder of daily files, "
            "or - for standard input (default: 7,043 synthetic customers).",
            metavar="PATH|URL|-",
        ),
    ] = None,
    as_of: AsOf = None,
    declaration: DeclarationFile = None,
    mapping: MappingFile = None,
    retrain: Annotated[
        bool, typer.Option(help="Train even if nothing has changed since the last training.", show_default=False)
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Load an extract, score its customers and publish whom to call first."""
    with quiet_command(verbose):
        from churn.intake.declaring import adopt
        from churn.terminal import door
        from churn.terminal.display import status

        settings = load_settings()
        _refuse_empty(source)
        chosen = _choose(declaration, mapping)
        adopt(settings, chosen)  # As the run does: what is wrong with a declaration is said before Prefect starts.
        # With --retrain there is always work, and --verbose asks for the time of each stage.
        found = None if retrain or verbose else door.find_unchanged_status(settings, source, as_of, chosen)
        status.show_status(found or _run_pipeline(settings, source, as_of, retrain, chosen, verbose))


def _run_pipeline(
    settings: Settings, source: str | None, as_of: date | None, retrain: bool, declaration: Path | None, verbose: bool
) -> "Status":
    """Runs the flow and returns the status of its date."""
    from churn.reporting.status import read_status
    from churn.stores.workplace import open_workplace
    from churn.terminal import watching

    day = watching.run_pipeline(settings, source, as_of, retrain, declaration, verbose)
    with open_workplace(settings) as workplace:
        return read_status(workplace, day)


def _choose(declaration: Path | None, mapping: Path | None) -> Path | None:
    """Returns the declaration; a file under the earlier name of the option is read with a warning."""
    if mapping is not None:
        typer.echo("churn: --mapping is now --declaration; the next release reads only --declaration.", err=True)
    return declaration or mapping


def _refuse_empty(source: str | None) -> None:
    """Raises WrongUsage for an empty source: a script whose variable is not set must not load synthetic customers."""
    if source is not None and not source.strip():
        raise WrongUsage("--source is empty.", "name a file, a folder or an address, or leave --source out.")


@command(app, TASK, "churn check --source extract.csv", "churn check --source extract.csv --json", ending=EXIT_CODES)
def check(
    source: Annotated[
        str | None,
        typer.Option(
            help="Customer extract: a CSV (.gz) or Parquet file, an http(s) address, or - for standard input "
            "(default: 7,043 synthetic customers).",
            metavar="PATH|URL|-",
        ),
    ] = None,
    as_of: AsOf = None,
    declaration: DeclarationFile = None,
    mapping: MappingFile = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Check an extract and show all its faults at once; nothing is stored, and no service is needed."""
    with quiet_command(verbose):
        from churn.reporting.checking import check_extract
        from churn.terminal.standard_output import print_json

        _refuse_empty(source)
        checked = check_extract(load_settings(), source, _choose(declaration, mapping), as_of)
        if as_json:
            print_json(checked)
        else:
            from churn.terminal.display.checking import show_check

            show_check(checked)
        if checked.is_refused:
            raise typer.Exit(ExitCode.CONTRACT_BROKEN)


@command(app, TASK, "churn status --json", "churn status --as-of 2026-11-20 --known-at 2026-11-21")
def status(
    as_of: PublishedDate = None, known_at: KnownAt = None, as_json: AsJson = False, verbose: Verbose = False
) -> None:
    """Show what is published: the figures, the model, whom to call first."""
    with quiet_command(verbose):
        from churn.reporting.status import read_status
        from churn.stores.workplace import open_workplace
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            published = read_status(workplace, as_of, known_at)
        if as_json:
            print_json(published)
            return
        from churn.terminal.display import status

        status.show_status(published)


@command(app, TASK, "churn note --on 2026-10-27 --text 'prices rise by 6%'")
def note(
    on: Annotated[date, typer.Option(parser=parse_date, help="The day on which it happened.", metavar="DATE")],
    text: Annotated[str, typer.Option(help="What happened, in at most 60 letters.", metavar="TEXT")],
    by: Person = None,
    verbose: Verbose = False,
) -> None:
    """Write down what happened on a day: the charts and the page Today show it."""
    with quiet_command(verbose):
        from churn.stores.ledgers.notes import record_note
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            record_note(workplace.engine, on, text, by or find_person())
        typer.echo(f"Noted for {on}: {text}")


@command(app, TASK, "churn loads --limit 5", "churn loads --json")
def loads(
    limit: Annotated[int, typer.Option(help="Number of loads, newest first.", min=1, metavar="N")] = 20,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show every file that was loaded or refused: when, from where, its rows, and why it was refused."""
    with quiet_command(verbose):
        from churn.reporting.ledger import read_loads
        from churn.stores.workplace import open_workplace
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            latest = read_loads(workplace, limit)
        if as_json:
            print_json(latest)
            return
        from churn.terminal.display import ledger

        ledger.show_loads(latest)


@command(app, TASK, "churn rejects --load 5 --csv fix.csv", "churn rejects --csv - > fix.csv")
def rejects(
    load: Annotated[
        int | None,
        typer.Option(help="Number of the load (default: the last current load with rejected rows).", metavar="N"),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            parser=parse_file,
            help="Write the rejected rows to this file, to correct and load again; - is standard output.",
            metavar="PATH|-",
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show the rows that a load rejected, each with its row number in the file and every reason."""
    with quiet_command(verbose):
        from churn.reporting.ledger import read_rejects
        from churn.stores.workplace import open_workplace
        from churn.terminal.display import ledger
        from churn.terminal.standard_output import print_json

        if as_json and csv == STANDARD_OUTPUT:
            raise WrongUsage("--json and --csv - both write to standard output.", "name a file: --csv FILE.")
        with open_workplace() as workplace:
            rejected = read_rejects(workplace, load)
        if as_json:
            print_json(rejected)
        elif csv != STANDARD_OUTPUT:
            ledger.show_rejects(rejected)
        if csv is not None:
            _write_rejects(rejected, csv, quiet=as_json)


def _write_rejects(rejected: "Rejects", csv: Path, quiet: bool) -> None:
    """Writes rejected rows and says how to load them again; on standard error when the output is data."""
    from churn.reporting.ledger import write_rejects
    from churn.terminal.standard_output import file_to_write

    with file_to_write(csv, "csv") as path:
        write_rejects(rejected, path)
    is_output = csv == STANDARD_OUTPUT
    again = f"churn run --source {'FILE' if is_output else csv} --as-of {rejected.load.snapshot_date}"
    typer.echo(f"Correct {'the rows' if is_output else csv}, then run: {again}", err=quiet or is_output)

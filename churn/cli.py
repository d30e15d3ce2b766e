"""The command line: parse, call the flow or a stage, exit code. Imports nothing heavy until a command needs it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from churn import (
    history_commands,
    model_commands,
    page_commands,
    simulation_commands,
    stack_commands,
    transform_commands,
)
from churn.errors import ExitCode, WrongUsage
from churn.settings import load_settings
from churn.terminal import EXIT_CODES, AsOf, Verbose, parse_file
from churn.terminal import parse_date as _parse_date
from churn.terminal import told_in_one_line as _told_in_one_line

if TYPE_CHECKING:
    import inspect

EXAMPLES = "\n\n".join(  # blank lines keep each on a line of its own
    (
        "Examples:",
        "churn run --source extract.csv --as-of 2026-11-22",
        "churn status --json",
        "churn db psql -c 'select * from reporting.kpi_daily'",
        EXIT_CODES,
    )
)

app = typer.Typer(
    name="churn",
    help="Who is likely to leave, what it costs, whom to call first.",
    epilog=EXAMPLES,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
database_app = typer.Typer(help="Reach the database.", no_args_is_help=True)
data_app = typer.Typer(help="Get data to try it on.", no_args_is_help=True)
app.add_typer(model_commands.app)
app.add_typer(history_commands.app)
app.add_typer(simulation_commands.app)
app.add_typer(stack_commands.app)
app.add_typer(page_commands.app)
app.add_typer(database_app, name="db", rich_help_panel="Look after it")
app.add_typer(transform_commands.app, name="transforms", rich_help_panel="Look after it")
app.add_typer(data_app, name="data", rich_help_panel="Look after it")


@app.command(
    rich_help_panel="Every day",
    epilog=f"Example: churn run --source extract.csv --as-of 2026-11-22\n\n{EXIT_CODES}",
)
def run(
    source: Annotated[
        str | None,
        typer.Option(
            help="The customer extract: a CSV (.gz) or Parquet file, an http(s) address, a folder of daily files, "
            "or - for standard input. Left out: made-up customers.",
            metavar="PATH|URL|-",
        ),
    ] = None,
    as_of: AsOf = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="TOML file that says how your extract's names and words differ.", metavar="PATH"),
    ] = None,
    retrain: Annotated[bool, typer.Option(help="Train even when nothing changed since the last training.")] = False,
    verbose: Verbose = False,
) -> None:
    """Take an extract to a published list of who is likely to leave."""
    with _told_in_one_line(verbose):
        from churn import display, watch
        from churn.stages.status import read_status

        settings = load_settings()
        day = watch.run_pipeline(settings, source, as_of, retrain, mapping, verbose)
        display.show_status(read_status(settings, day))


@app.command(rich_help_panel="Every day")
def status(
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a page.")] = False,
    verbose: Verbose = False,
) -> None:
    """Show what is published: figures, model, whom to call first."""
    with _told_in_one_line(verbose):
        from churn.stages.status import read_status

        found = read_status(load_settings(), as_of)
        if as_json:
            import json

            typer.echo(json.dumps(found, indent=2))
            return
        from churn import display

        display.show_status(found)


@app.command(rich_help_panel="Look after it")
def doctor(verbose: Verbose = False) -> None:
    """Say what is configured, what answers, and which versions are at work."""
    with _told_in_one_line(verbose):
        from churn import display
        from churn.stages.doctor import examine

        findings = examine(load_settings())
        display.show_findings(findings)
        if not all(finding.is_well for finding in findings):
            raise typer.Exit(ExitCode.FAILED)


@app.command(rich_help_panel="Look after it")
def loads(
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a page.")] = False,
    verbose: Verbose = False,
) -> None:
    """Show every file that was taken in or refused: when, from where, rows, outcome, why."""
    with _told_in_one_line(verbose):
        from churn import display
        from churn.stages.ledger import read_loads

        found = read_loads(load_settings(), limit)
        if as_json:
            import json

            typer.echo(json.dumps(found, indent=2))
            return
        display.show_loads(found)


@app.command(rich_help_panel="Look after it")
def rejects(
    load: Annotated[int | None, typer.Option(help="Number of the load; the default is the last with rejects.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", parser=parse_file, help="Write the rows to a file to correct and load again.", metavar="OUT"
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Show the rows a load set aside, each with its line in the file and every reason."""
    with _told_in_one_line(verbose):
        from churn import display
        from churn.stages.ledger import read_rejects, write_rejects

        found = read_rejects(load_settings(), load)
        display.show_rejects(found)
        if csv is not None:
            write_rejects(found, csv)
            typer.echo(f"Correct {csv}, then: churn run --source {csv} --as-of {found.load.snapshot_date}")


@data_app.command("fetch")
def data_fetch(
    to: Annotated[Path | None, typer.Option(help="Where to put it.", metavar="PATH")] = None,
    address: Annotated[str | None, typer.Option(help="A mirror of the file.", metavar="URL")] = None,
    verbose: Verbose = False,
) -> None:
    """Download the public sample (7,043 customers, IBM) and check its sha256."""
    with _told_in_one_line(verbose):
        from churn.intake.public_sample import fetch_public_sample

        path = fetch_public_sample(load_settings(), to, address)
        typer.echo(f"{path} is the public sample. Next: churn run --source {path}")


@database_app.command("setup")
def db_setup(verbose: Verbose = False) -> None:
    """Make the tables and give the roles of a team's Postgres their rights; run it as the owner."""
    with _told_in_one_line(verbose):
        from churn.stages.rights import set_up

        typer.echo(set_up(load_settings()))


@database_app.command("uri")
def db_uri(verbose: Verbose = False) -> None:
    """Print the database's address, for psql and BI tools."""
    with _told_in_one_line(verbose):
        from churn.stores.database import locate

        typer.echo(locate(load_settings()))


@database_app.command("psql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def db_psql(context: typer.Context, verbose: Verbose = False) -> None:
    """Open psql on the database; what follows is passed on, as in: churn db psql -c 'select 1'."""
    with _told_in_one_line(verbose):
        import os

        from churn.stores.database import apart_from_password, locate
        from churn.stores.embedded import find_psql

        address, password = apart_from_password(locate(load_settings()))
        os.execve(find_psql(), ["psql", address, *context.args], os.environ | password)


@database_app.command("stop")
def db_stop(verbose: Verbose = False) -> None:
    """Stop the embedded Postgres; the next command that needs it starts it again."""
    with _told_in_one_line(verbose):
        from churn.local_stack import find_stack
        from churn.stores.embedded import stop_embedded

        settings = load_settings()
        if settings.database_url is None and find_stack(settings.home_dir) is not None:
            raise WrongUsage("The local stack would start it again.", "stop all of it with `churn down`.")
        typer.echo("stopped" if stop_embedded(settings.home_dir) else "was not running")


def main() -> None:
    """Runs the command."""
    import atexit
    import gc

    # Libraries make half a million objects that live as long as the command: to search them for garbage while they are
    # imported, and once more at the end, costs a second each.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    app()


def run_flow_file(flow: Any) -> None:
    """Runs a flow file by itself, the way one tries a flow before deploying it: its parameters become options."""
    import inspect
    from typing import get_type_hints

    def call(**arguments: Any) -> None:
        with _told_in_one_line(verbose=False):
            from churn.temporary_prefect import reach_prefect

            with reach_prefect(load_settings()) as wait:
                wait()
                flow(**arguments)

    kinds = get_type_hints(flow.fn)  # without the bounds, which the flow itself checks
    parameters = [
        _as_option(parameter.replace(annotation=kinds[name]))
        for name, parameter in inspect.signature(flow.fn).parameters.items()
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__doc__ = inspect.getdoc(flow.fn)
    typer.run(call)


def _as_option(parameter: "inspect.Parameter") -> "inspect.Parameter":
    """A flow's parameter as an option; dates are written YYYY-MM-DD."""
    option = typer.Option(parser=_parse_date, metavar="DATE") if "date" in str(parameter.annotation) else typer.Option()
    return parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=Annotated[parameter.annotation, option])

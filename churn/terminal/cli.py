"""The command line: parse, call the flow or a stage, exit code. Imports nothing heavy until a command needs it."""

from pathlib import Path
from typing import Annotated

import typer

from churn.errors import ExitCode, WrongUsage
from churn.settings import load_settings
from churn.shell.one_line import EXIT_CODES, told_in_one_line
from churn.shell.options import AsOf, Verbose, parse_file
from churn.terminal.commands import history, model, pages, simulation, stack, transforms

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
app.add_typer(model.app)
app.add_typer(history.app)
app.add_typer(simulation.app)
app.add_typer(stack.app)
app.add_typer(pages.app)
app.add_typer(database_app, name="db", rich_help_panel="Look after it")
app.add_typer(transforms.app, name="transforms", rich_help_panel="Look after it")
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
    with told_in_one_line(verbose):
        from churn.reporting.status import read_status
        from churn.terminal import watching
        from churn.terminal.display import status

        settings = load_settings()
        day = watching.run_pipeline(settings, source, as_of, retrain, mapping, verbose)
        status.show_status(read_status(settings, day))


@app.command(rich_help_panel="Every day")
def status(
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a page.")] = False,
    verbose: Verbose = False,
) -> None:
    """Show what is published: figures, model, whom to call first."""
    with told_in_one_line(verbose):
        from churn.reporting.status import read_status

        found = read_status(load_settings(), as_of)
        if as_json:
            import json

            typer.echo(json.dumps(found, indent=2))
            return
        from churn.terminal.display import status

        status.show_status(found)


@app.command(rich_help_panel="Look after it")
def doctor(verbose: Verbose = False) -> None:
    """Say what is configured, what answers, and which versions are at work."""
    with told_in_one_line(verbose):
        from prefect.settings import get_current_settings

        from churn.reporting.doctor import examine
        from churn.terminal.display import findings

        found = examine(load_settings(), get_current_settings().api.url)
        findings.show_findings(found)
        if not all(finding.is_well for finding in found):
            raise typer.Exit(ExitCode.FAILED)


@app.command(rich_help_panel="Look after it")
def loads(
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a page.")] = False,
    verbose: Verbose = False,
) -> None:
    """Show every file that was taken in or refused: when, from where, rows, outcome, why."""
    with told_in_one_line(verbose):
        from churn.reporting.ledger import read_loads
        from churn.terminal.display import ledger

        found = read_loads(load_settings(), limit)
        if as_json:
            import json

            typer.echo(json.dumps(found, indent=2))
            return
        ledger.show_loads(found)


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
    with told_in_one_line(verbose):
        from churn.reporting.ledger import read_rejects, write_rejects
        from churn.terminal.display import ledger

        found = read_rejects(load_settings(), load)
        ledger.show_rejects(found)
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
    with told_in_one_line(verbose):
        from churn.intake.public_sample import fetch_public_sample

        path = fetch_public_sample(load_settings(), to, address)
        typer.echo(f"{path} is the public sample. Next: churn run --source {path}")


@database_app.command("setup")
def db_setup(verbose: Verbose = False) -> None:
    """Make the tables and give the roles of a team's Postgres their rights; run it as the owner."""
    with told_in_one_line(verbose):
        from churn.reporting.rights import set_up

        typer.echo(set_up(load_settings()))


@database_app.command("upgrade")
def db_upgrade(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Upgrade without asking.")] = False,
    verbose: Verbose = False,
) -> None:
    """Show the steps from the tables of an earlier release to those of this one, ask, and take them."""
    with told_in_one_line(verbose):
        from churn.reporting.rights import find_steps, upgrade

        settings = load_settings()
        steps = find_steps(settings)
        for step in steps:
            typer.echo(f"{step.version:04}  {step.purpose}")
        if steps and not yes:
            if not typer.get_text_stream("stdin").isatty():
                raise WrongUsage("Nobody is there to confirm the upgrade.", "run `churn db upgrade --yes`.")
            typer.confirm("Take these steps? All are taken, or none.", abort=True)
        typer.echo(upgrade(settings))


@database_app.command("uri")
def db_uri(verbose: Verbose = False) -> None:
    """Print the database's address, for psql and BI tools."""
    with told_in_one_line(verbose):
        from churn.stores.postgres.database import locate

        typer.echo(locate(load_settings()))


@database_app.command("psql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def db_psql(context: typer.Context, verbose: Verbose = False) -> None:
    """Open psql on the database; what follows is passed on, as in: churn db psql -c 'select 1'."""
    with told_in_one_line(verbose):
        import os

        from churn.stores.postgres.database import apart_from_password, locate
        from churn.stores.postgres.embedded import find_psql

        address, password = apart_from_password(locate(load_settings()))
        os.execve(find_psql(), ["psql", address, *context.args], os.environ | password)


@database_app.command("stop")
def db_stop(verbose: Verbose = False) -> None:
    """Stop the embedded Postgres; the next command that needs it starts it again."""
    with told_in_one_line(verbose):
        from churn.stack_note import find_stack
        from churn.stores.postgres.embedded import stop_embedded

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

"""The commands about the declaration of a company's extract: write a draft, and show the one in force."""

from pathlib import Path
from typing import Annotated

import typer

from churn.errors import WrongUsage
from churn.settings import load_settings
from churn.shell.options import AsJson, Verbose, parse_file
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()
TASK = "Every day"


@command(app, TASK, "churn init --from kunden.csv", "churn init --from kunden.csv --out kunden.toml")
def init(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="Customer extract of any company: a file, an http(s) address, or - for standard input.",
            metavar="PATH|URL|-",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(parser=parse_file, help="New file for the declaration (TOML).", metavar="PATH"),
    ] = Path("extract.toml"),
    verbose: Verbose = False,
) -> None:
    """Write the draft of a declaration for your extract: a guess for each column, which you then review."""
    with quiet_command(verbose):
        from churn.intake.draft_file import write_draft
        from churn.intake.guessing import guess_declaration
        from churn.intake.guessing_second import add_second_files
        from churn.intake.profiling import profile_file
        from churn.intake.sources import open_extract
        from churn.terminal.display.guesses import show_draft

        if out.exists():
            raise WrongUsage(
                f"{out} exists already.", "name another file with --out; a reviewed declaration is never overwritten."
            )
        settings = load_settings()
        with open_extract(settings, source) as extract:
            max_bytes = settings.max_extract_megabytes * 1_000_000
            profile = profile_file(extract.path, extract.name, max_bytes)
            draft = add_second_files(guess_declaration(profile), extract.path, max_bytes)
        out.write_text(write_draft(draft), encoding="utf-8")
        show_draft(draft, source, out)


@command(app, TASK, "churn contract > customer-extract.odcs.yaml")
def contract(verbose: Verbose = False) -> None:
    """Print the data contract of the extract as YAML (ODCS 3.1), from the declaration in force and the last load."""
    with quiet_command(verbose):
        from churn.reporting.documents import write_contract
        from churn.stores.workplace import open_workplace

        with open_workplace() as workplace:
            typer.echo(write_contract(workplace), nl=False)


@command(app, TASK, "churn declare", "churn declare --declaration extract.toml")
def declare(
    declaration: Annotated[
        Path | None,
        typer.Option(help="Another declaration (TOML), to see what it would change (default: none).", metavar="PATH"),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show the declaration in force, and what another one would change and rebuild."""
    with quiet_command(verbose):
        from churn.reporting.declared import read_declaration_report
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.declared import show_declaration
        from churn.terminal.standard_output import print_json

        with open_workplace() as workplace:
            report = read_declaration_report(workplace, declaration)
        if as_json:
            print_json(report)
        else:
            show_declaration(report)

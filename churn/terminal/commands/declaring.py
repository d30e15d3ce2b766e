"""The command that writes the draft of a declaration for a company's extract."""

from pathlib import Path
from typing import Annotated

import typer

from churn.errors import WrongUsage
from churn.settings import load_settings
from churn.shell.options import Verbose, parse_file
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
        from churn.intake.profiling import profile_file
        from churn.intake.sources import open_extract
        from churn.terminal.display.guesses import show_draft

        if out.exists():
            raise WrongUsage(
                f"{out} exists already.", "name another file with --out; a reviewed declaration is never overwritten."
            )
        settings = load_settings()
        with open_extract(settings, source) as extract:
            profile = profile_file(extract.path, extract.name, settings.max_extract_megabytes * 1_000_000)
        draft = guess_declaration(profile)
        out.write_text(write_draft(draft), encoding="utf-8")
        show_draft(draft, source, out)

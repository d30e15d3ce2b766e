"""The commands about what is kept and erased: backups, forgotten customers, what is too old."""

from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.options import Verbose
from churn.shell.person import Person, find_person
from churn.terminal.asking import confirm
from churn.terminal.help_page import command
from churn.terminal.quiet import quiet_command

app = typer.Typer()
TASK = "Keep and erase"

BackupFile = Annotated[Path, typer.Argument(help="Backup file.", metavar="FILE", show_default=False)]


@command(app, TASK, "churn backup /backups/churn-2026-11-22.tar")
def backup(file: BackupFile, verbose: Verbose = False) -> None:
    """Write everything that is needed to go on elsewhere to one file: databases, models, policy file."""
    with quiet_command(verbose):
        from churn.stages import keeping
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.findings import outcome_sentence

        with open_workplace() as workplace:
            taken = keeping.take_backup(workplace, file)
        typer.echo(outcome_sentence(taken))


@command(app, TASK, "CHURN_HOME=/srv/churn churn restore /backups/churn-2026-11-22.tar")
def restore(file: BackupFile, verbose: Verbose = False) -> None:
    """Fill an empty CHURN_HOME from a backup file, and check that every published date has the same figures."""
    with quiet_command(verbose):
        from churn.stages import keeping
        from churn.terminal.display.findings import outcome_sentence

        typer.echo(outcome_sentence(keeping.restore_backup(load_settings(), file)))


@command(app, TASK, "churn forget 7590-VHVEG --yes")
def forget(
    customer: Annotated[str, typer.Argument(help="Customer number, as the extract has it.", metavar="CUSTOMER")],
    why: Annotated[
        str, typer.Option("--why", help="The reason, which the ledger keeps.", metavar="TEXT")
    ] = "the customer asked for it",
    readmit: Annotated[
        bool, typer.Option("--readmit", help="Let the number be loaded again: a new customer has it.")
    ] = False,
    by: Person = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    verbose: Verbose = False,
) -> None:
    """Delete a customer from every table, log and copy; name the backups and files that still hold the customer."""
    with quiet_command(verbose):
        from churn.stages import forgetting
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.findings import outcome_sentence
        from churn.terminal.display.remains import show_remains

        person = by or find_person()
        if not (readmit or yes):
            confirm("Delete the customer? This cannot be taken back.", f"churn forget {customer} --yes")
        with open_workplace() as workplace:
            if readmit:
                typer.echo(outcome_sentence(forgetting.readmit_customer(workplace, customer, person, why)))
                return
            done = forgetting.forget_customer(workplace, customer, person, why)
        typer.echo(outcome_sentence(done.outcome))
        show_remains(done.remains)


@command(app, TASK, "churn prune", "churn prune --yes")
def prune(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete it (default: only show it).")] = False,
    verbose: Verbose = False,
) -> None:
    """Show what is older than [keep] of the policy file allows, and delete it with --yes; ledgers always stay."""
    with quiet_command(verbose):
        from churn.stages import one_pipeline, pruning
        from churn.stores.workplace import open_workplace
        from churn.terminal.display.findings import outcome_sentence
        from churn.terminal.display.pruning import show_pruning

        with open_workplace() as workplace, one_pipeline(workplace):
            found = pruning.prune(workplace, is_real=yes)
        show_pruning(found)
        if yes:
            typer.echo(outcome_sentence(pruning.summarise(found)))

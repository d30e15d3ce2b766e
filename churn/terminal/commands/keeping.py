"""The commands about what is kept: backups."""

from pathlib import Path
from typing import Annotated

import typer

from churn.settings import load_settings
from churn.shell.options import Verbose
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

"""What still holds a customer who was forgotten: backups, extracts and lists that this program does not reach."""

from collections.abc import Sequence

import typer

from churn.stages.forgetting import Remains

_SHOWN = 20


def show_remains(remains: Remains) -> None:
    """Prints the files that a person has to delete or to edit; one line if there are none."""
    if not (remains.backups or remains.files or remains.is_own_database):
        typer.echo("No backup, extract or list that the ledgers name holds the customer.")
        return
    typer.echo("These still hold the customer:")
    _show("backup, delete it or keep it locked", remains.backups)
    _show("delivered or sent, delete the customer in it", remains.files)
    if remains.is_own_database:
        typer.echo("  your own Postgres: its files until VACUUM, its write-ahead log, its replicas and its backups")


def _show(what: str, files: Sequence[str]) -> None:
    for file in files[:_SHOWN]:
        typer.echo(f"  {file} ({what})")
    if len(files) > _SHOWN:
        typer.echo(f"  and {len(files) - _SHOWN:,} more")

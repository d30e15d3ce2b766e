"""What is too old by `[keep]` of the policy file."""

from collections.abc import Iterator

import typer

from churn.stages.pruning import Pruning


def show_pruning(pruning: Pruning) -> None:
    """Prints one line for each table, log and group of runs that is too old, and what to do about it."""
    for line in (*_tell_rows(pruning), *_tell_files(pruning)):
        typer.echo(line)
    if pruning.is_empty:
        typer.echo("Nothing is older than [keep] of the policy file allows.")
    elif not pruning.is_done:
        typer.echo("Nothing was deleted. Run `churn prune --yes` to delete it.")


def _tell_rows(pruning: Pruning) -> Iterator[str]:
    for kind in pruning.kinds:
        yield from (f"{kind.kind}: {rows:,} rows of {table} before {kind.before}" for table, rows in kind.rows.items())
        if kind.dates_count:
            yield f"{kind.kind}: {kind.dates_count:,} dates before {kind.before} get the status pruned"


def _tell_files(pruning: Pruning) -> Iterator[str]:
    yield from (f"logs: {file} is older than {pruning.keep.logs_days} days" for file in pruning.logs.old)
    yield from (f"logs: {file} is long; it is packed and emptied" for file in pruning.logs.long)
    if pruning.run_ids:
        yield f"artifacts: {len(pruning.run_ids):,} runs of MLflow older than {pruning.keep.artifacts_days} days"

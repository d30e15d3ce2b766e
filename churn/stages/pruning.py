"""Deletes what is older than `[keep]` of the policy file allows: rows, logs, models, and tables of old SQL models."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from churn.economics.keeping import KeepPolicy, load_keep
from churn.stages import Outcome, transforms
from churn.stores.keeping.logs import Logs, find_logs, rotate_logs
from churn.stores.keeping.pruning import Pruned, find_bounds, prune_rows
from churn.stores.keeping.traces import rewrite_tables
from churn.stores.ledgers import promotions, publications, reason_trainings
from churn.stores.model_registry.old_runs import delete_runs, find_old_runs
from churn.stores.workplace import Workplace
from churn.timeline import today

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Pruning:
    """What is too old, or was deleted.

    Attributes:
        keep: the days of `[keep]`.
        is_done: whether it was deleted; False for a look ahead.
        kinds: the rows by kind.
        logs: logs to pack or to delete.
        run_ids: the runs of MLflow that nothing needs.
        old_tables: what became of the tables of replaced SQL models; empty in a look ahead.
    """

    keep: KeepPolicy
    is_done: bool
    kinds: list[Pruned]
    logs: Logs
    run_ids: list[str] = field(default_factory=list)
    old_tables: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is too old."""
        return not (
            any(kind.rows or kind.dates_count for kind in self.kinds) or self.logs.long or self.logs.old or self.run_ids
        )


def prune(workplace: Workplace, is_real: bool) -> Pruning:
    """Finds what is too old and, if `is_real`, deletes it. Ledgers, suppressions and campaigns always stay.

    The caller holds the lock of the pipeline, so that no run writes meanwhile.
    """
    settings, engine = workplace.settings, workplace.engine
    keep = load_keep(settings.policies)
    with engine.begin() as connection:
        kinds = prune_rows(connection, find_bounds(keep, today()), is_real)
    logs, run_ids = find_logs(settings.home_dir, keep.logs_days), _find_old_runs(workplace, keep)
    if not is_real:
        return Pruning(keep, False, kinds, logs, run_ids)
    rotate_logs(logs, today())
    delete_runs(settings, run_ids)
    tables = [table for kind in kinds for table in kind.rows]
    if tables and settings.database_url is None:
        rewrite_tables(engine, tables)  # Otherwise the space stays with the table, for its next rows.
    # Last: SQLMesh commits by itself, and a failure here must not keep rows and logs from being deleted.
    dropped = transforms.drop_old_tables(workplace).summary
    return Pruning(keep, True, kinds, logs, run_ids, dropped)


def _find_old_runs(workplace: Workplace, keep: KeepPolicy) -> list[str]:
    """Returns the old runs of MLflow, except those of models in use and of versions that published days have."""
    if not keep.artifacts_days:
        return []
    bound = datetime.combine(today() - timedelta(days=keep.artifacts_days), time(), UTC)
    return find_old_runs(workplace.settings, bound, _find_needed(workplace.engine))


def _find_needed(engine: "Engine") -> set[str]:
    champion = promotions.find_champion(engine)
    versions = {*publications.find_scored_days(engine), *([champion.model_version] if champion else [])}
    decisions = [promotions.find_decision(engine, version) for version in versions]
    reasons = reason_trainings.find_newest(engine)
    told = {reasons.model.run_id} if reasons is not None and reasons.model is not None else set[str]()
    return {decision.mlflow_run_id for decision in decisions if decision} | told


def summarise(pruning: Pruning) -> Outcome:
    """Returns a summary of a pruning that was made."""
    rows = sum(count for kind in pruning.kinds for count in kind.rows.values())
    parts = [
        f"{rows:,} rows deleted",
        f"{len(pruning.logs.old):,} old logs deleted and {len(pruning.logs.long):,} packed",
        f"{len(pruning.run_ids):,} runs of MLflow deleted",
        pruning.old_tables,
    ]
    return Outcome("; ".join(filter(None, parts)), pruning.is_empty)

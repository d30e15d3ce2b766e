"""A SQLMesh console that prints nothing and remembers what matters: evaluations and the cause of a failure."""

from typing import Any

from sqlmesh.core.console import NoopConsole, set_console

from churn.stores.sql_models.evaluations import Evaluation


class RecordingConsole(NoopConsole):
    """Collects one plan's evaluations and failures; `forget()` starts the next."""

    def __init__(self) -> None:
        self.evaluations: list[Evaluation] = []
        self.failures: list[Any] = []

    def forget(self) -> None:
        """Drops what an earlier plan left."""
        self.evaluations.clear()
        self.failures.clear()

    def start_cleanup(self, ignore_ttl: bool) -> bool:
        """Called by the janitor, which asks whether to begin."""
        return True

    def update_snapshot_evaluation_progress(
        self,
        snapshot: Any,
        interval: Any,
        batch_idx: int,
        duration_ms: int | None,
        num_audits_passed: int,
        num_audits_failed: int,
        audit_only: bool = False,
        execution_stats: Any = None,
        auto_restatement_triggers: Any = None,
    ) -> None:
        """Called by SQLMesh after each model and batch."""
        rows = execution_stats.total_rows_processed if execution_stats else None
        self.evaluations.append(Evaluation(snapshot.node.name, rows, duration_ms or 0, num_audits_passed))

    def log_failed_models(self, errors: list[Any]) -> None:
        """Called by SQLMesh with the node of every model that failed, its cause chained."""
        self.failures.extend(errors)

    def log_warning(self, short_message: str, long_message: str | None = None) -> None:
        """Warnings of the plan (a non-blocking audit, say) are not failures."""


def install() -> RecordingConsole:
    """Makes a recording console the console of this process."""
    console = RecordingConsole()
    set_console(console)
    return console

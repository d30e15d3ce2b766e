"""A SQLMesh console that prints nothing, but records the evaluations and the causes of failures."""

from typing import Any

from sqlmesh.core.console import NoopConsole

from churn.stores.sql_models.evaluations import Evaluation


class RecordingConsole(NoopConsole):
    """Collects the evaluations and failures of one plan. Call `forget()` before the next plan."""

    def __init__(self) -> None:
        self.evaluations: list[Evaluation] = []
        self.failures: list[Any] = []

    def forget(self) -> None:
        """Deletes the records of an earlier plan."""
        self.evaluations.clear()
        self.failures.clear()

    def start_cleanup(self, ignore_ttl: bool) -> bool:
        """Lets the janitor begin. SQLMesh calls it before it drops tables, and other consoles ask a person."""
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
        """Records an evaluation. SQLMesh calls it after each batch of each model."""
        rows = execution_stats.total_rows_processed if execution_stats else None
        self.evaluations.append(Evaluation(snapshot.node.name, rows, duration_ms or 0, num_audits_passed))

    def log_failed_models(self, errors: list[Any]) -> None:
        """Records failures. SQLMesh calls it with one error per failed model, with its node and its cause."""
        self.failures.extend(errors)

    def log_warning(self, short_message: str, long_message: str | None = None) -> None:
        """Ignores warnings, such as those of non-blocking audits: they are not failures."""

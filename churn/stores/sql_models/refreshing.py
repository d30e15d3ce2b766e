"""Refreshes SQL models for the dates whose rows changed, and audits stored rows."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn.errors import AuditFailed
from churn.stores.sql_models.contexts import locked_context
from churn.stores.sql_models.evaluations import Evaluation
from churn.stores.sql_models.failures import understand_audit, understand_plan
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlmesh.core.context import Context

FEATURE_MODELS = ("staging.stg_telco_churn", "analytics.fct_customer_features")
"""The models that are refreshed after an extract changed, before scoring."""
RISK_MODELS = ("analytics.customer_risk", "analytics.risk_by_profile", "analytics.risk_by_declared")
"""The models that are refreshed after predictions changed, before publishing."""


def refresh(workplace: Workplace, changed_table: str, models: Sequence[str], dates: Sequence[date]) -> list[Evaluation]:
    """Refreshes models for the dates whose rows changed in a table that Python writes.

    Args:
        workplace: where the database is.
        changed_table: `raw_data.telco_churn_raw` or `analytics.predictions`.
        models: the models to refresh, out of those that depend on the table.
        dates: the dates to replace. All dates from the first to the last are replaced together, and no other date.

    Returns:
        The evaluations, in order.

    Raises:
        AuditFailed: rows failed an audit. Later models were not refreshed.
        TransformFailed: a statement failed.
    """
    first, last = min(dates), max(dates)
    with locked_context(workplace) as context:
        _forget_in_other_versions(context, first, last)
        plan = build_plan(
            context,
            workplace,
            restate_models=[changed_table],
            backfill_models=list(models),
            start=first.isoformat(),
            end=last.isoformat(),
            # Without it, SQLMesh leaves out a day that is not over, without an error: the result depends on the clock.
            execution_time=end_of(last),
        )
        apply(context, workplace, plan)
        return list(context.console.evaluations)


def _forget_in_other_versions(context: "Context", first: date, last: date) -> None:
    """Removes these dates from SQLMesh's records of all other versions, since only the current version is refreshed.

    SQLMesh 0.236 does this only for versions that an environment uses. If a change is undone and later deployed again,
    its old version would otherwise count as complete and show outdated rows for these dates, or none.
    """
    dated = (*FEATURE_MODELS, *RISK_MODELS)
    current = {context.get_snapshot(model, raise_if_missing=True).name_version for model in dated}
    names = {version.name for version in current}
    known = context.state_sync.get_snapshots_by_names(names, exclude_expired=False)
    days = _as_interval(first, last)
    if others := [(snapshot, days) for snapshot in known if snapshot.name_version not in current]:
        context.state_sync.remove_intervals(others, remove_shared_versions=True)


def _as_interval(first: date, last: date) -> tuple[int, int]:
    from sqlmesh.utils.date import to_timestamp

    return to_timestamp(first.isoformat()), to_timestamp(end_of(last))


def audit(workplace: Workplace, models: Sequence[str], dates: Sequence[date]) -> list[tuple[str, str]]:
    """Runs every audit of the models on the stored rows of the dates.

    Returns:
        The model and the name of each audit.

    Raises:
        AuditFailed: rows failed an audit. The error is about the first such audit.
    """
    with locked_context(workplace) as context:
        results = [
            result
            for model in models
            for result in context.snapshot_evaluator.audit(
                snapshot=context.get_snapshot(model, raise_if_missing=True),
                start=min(dates).isoformat(),
                end=max(dates).isoformat(),
                execution_time=end_of(max(dates)),
                snapshots=context.snapshots,
            )
        ]
    for result in results:
        if result.count:
            raise _audit_failed(workplace, result)
    return [(str(getattr(result.model, "name", "")), result.audit.name) for result in results]


def _audit_failed(workplace: Workplace, result: Any) -> AuditFailed:
    query = result.query.sql("postgres") if result.query else ""
    return understand_audit(workplace, result.audit.name, result.model, result.count, query)


def end_of(day: date) -> str:
    """Returns the first moment after a day, as SQLMesh reads it."""
    return (day + timedelta(days=1)).isoformat()


def build_plan(context: "Context", workplace: Workplace, **scope: Any) -> Any:
    """Builds a plan of production.

    Raises:
        TransformFailed: the plan cannot be built.
    """
    from sqlmesh.utils.errors import SQLMeshError

    try:
        return context.plan_builder("prod", skip_tests=True, skip_linter=True, **scope).build()
    except SQLMeshError as error:
        raise understand_plan(workplace, context, error, []) from error


def apply(context: "Context", workplace: Workplace, plan: Any) -> None:
    """Applies a plan.

    Raises:
        AuditFailed: rows failed an audit. What readers see did not change.
        TransformFailed: a statement failed. What readers see did not change.
    """
    from sqlmesh.utils.errors import SQLMeshError

    console: Any = context.console  # A RecordingConsole: SQLMesh keeps the failures of the models out of its error.
    console.forget()
    try:
        context.apply(plan)
    except SQLMeshError as error:
        raise understand_plan(workplace, context, error, console.failures, plan.context_diff.has_changes) from error

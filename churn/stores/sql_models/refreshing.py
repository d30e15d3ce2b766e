"""Evaluating models again for the dates whose rows changed, and auditing what is stored."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn.errors import AuditFailed
from churn.settings import Settings
from churn.stores.sql_models.contexts import locked_context, recording_console
from churn.stores.sql_models.evaluations import Evaluation
from churn.stores.sql_models.failures import understand_audit, understand_plan

if TYPE_CHECKING:
    from sqlmesh.core.context import Context

FEATURE_MODELS = ("staging.stg_telco_churn", "analytics.fct_customer_features")
"""What a changed extract refreshes, before scoring."""
RISK_MODELS = ("analytics.customer_risk", "analytics.risk_by_profile")
"""What changed predictions refresh, before publishing."""


def refresh(settings: Settings, changed_table: str, models: Sequence[str], dates: Sequence[date]) -> list[Evaluation]:
    """Evaluates models again for the dates whose rows changed in a table that Python writes.

    Args:
        settings: where the database is.
        changed_table: `raw_data.telco_churn_raw` or `analytics.predictions`.
        models: the models to evaluate, of those that depend on the table.
        dates: dates to replace; the range from the first to the last is replaced in one go, no other date is touched.

    Returns:
        What was evaluated, in order.

    Raises:
        AuditFailed: an audit found rows; later models were not evaluated.
        TransformFailed: a statement failed.
    """
    first, last = min(dates), max(dates)
    with locked_context(settings) as context:
        _forget_in_other_versions(context, first, last)
        plan = build_plan(
            context,
            settings,
            restate_models=[changed_table],
            backfill_models=list(models),
            start=first.isoformat(),
            end=last.isoformat(),
            # Without it a day that is not over yet is silently left out, and the result depends on the clock.
            execution_time=end_of(last),
        )
        apply(context, settings, plan)
        return list(recording_console().evaluations)


def _forget_in_other_versions(context: "Context", first: date, last: date) -> None:
    """Tells SQLMesh that no other version of a dated model holds these dates: only the current one is evaluated.

    SQLMesh 0.236 does so only for versions of an environment that stands. A version that was taken back and comes
    again would be shown with the dates as they were then, or without them.
    """
    dated = (*FEATURE_MODELS, *RISK_MODELS)
    current = {context.get_snapshot(model, raise_if_missing=True).name_version for model in dated}
    names = {one.name for one in current}
    known = context.state_sync.get_snapshots_by_names(names, exclude_expired=False)
    days = _as_interval(first, last)
    if others := [(one, days) for one in known if one.name_version not in current]:
        context.state_sync.remove_intervals(others, remove_shared_versions=True)


def _as_interval(first: date, last: date) -> tuple[int, int]:
    from sqlmesh.utils.date import to_timestamp

    return to_timestamp(first.isoformat()), to_timestamp(end_of(last))


def audit(settings: Settings, models: Sequence[str], dates: Sequence[date]) -> list[tuple[str, str]]:
    """Runs every audit of the models over the dates, once more, on what is stored now.

    Returns:
        Model and name of each audit that ran.

    Raises:
        AuditFailed: the first audit that found rows.
    """
    with locked_context(settings) as context:
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
            raise _audit_failed(settings, result)
    return [(str(getattr(result.model, "name", "")), result.audit.name) for result in results]


def _audit_failed(settings: Settings, result: Any) -> AuditFailed:
    query = result.query.sql("postgres") if result.query else ""
    return understand_audit(settings, result.audit.name, result.model, result.count, query)


def end_of(day: date) -> str:
    """Returns the first moment after a day, as SQLMesh reads it."""
    return (day + timedelta(days=1)).isoformat()


def build_plan(context: "Context", settings: Settings, **scope: Any) -> Any:
    """Returns a plan of production.

    Raises:
        TransformFailed: it cannot be planned.
    """
    from sqlmesh.utils.errors import SQLMeshError

    try:
        return context.plan_builder("prod", skip_tests=True, skip_linter=True, **scope).build()
    except SQLMeshError as error:
        raise understand_plan(settings, context, error, []) from error


def apply(context: "Context", settings: Settings, plan: Any) -> None:
    """Applies a plan.

    Raises:
        AuditFailed: an audit found rows; readers see what they saw.
        TransformFailed: a statement failed; likewise.
    """
    from sqlmesh.utils.errors import SQLMeshError

    console = recording_console()
    console.forget()
    try:
        context.apply(plan)
    except SQLMeshError as error:
        raise understand_plan(settings, context, error, console.failures, plan.context_diff.has_changes) from error

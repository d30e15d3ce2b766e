"""Deploys the SQL models from their files. Readers keep seeing every published day while a model is rebuilt."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from churn.errors import AuditFailed, TransformFailed
from churn.stores.postgres.callers import ensure_caller
from churn.stores.postgres.readers import ensure_reader
from churn.stores.postgres.tables import predictions, publications
from churn.stores.rows.torn_days import SCORES, Tear, find_tears, refuse_torn
from churn.stores.sql_models.bindings import heal_views, list_views
from churn.stores.sql_models.contexts import locked_context
from churn.stores.sql_models.failures import find_broken_laws, find_failed_tests, tell_readers
from churn.stores.sql_models.refreshing import FEATURE_MODELS, RISK_MODELS, apply, build_plan, end_of, refresh
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlmesh.core.context import Context


@dataclass(frozen=True)
class Deployment:
    """The result of a deployment.

    Attributes:
        features_version: the fingerprint of the SQL of the features. It changes whenever that SQL changes.
        changed_models: the names of the models that were changed, added or removed since the last deployment.
        healed_views: the views that were missing or read the table of another version, and were created again.
        repaired: the differences between published days and their scores that were found and repaired.
    """

    features_version: str
    changed_models: tuple[str, ...] = ()
    healed_views: tuple[str, ...] = ()
    repaired: tuple[Tear, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a deployment would change.

    Attributes:
        changed: the changed models, each with the difference of its SQL; added and removed models have an empty text.
        rebuilt: the tables that are rebuilt for all stored days, and the views that read them.
    """

    changed: dict[str, str]
    rebuilt: tuple[str, ...]


def describe_change(workplace: Workplace, today: date) -> Change:
    """Returns what a deployment would change. Lints the project and runs its unit tests first; changes nothing.

    Raises:
        TransformFailed: the project cannot be read, breaks a lint rule or fails a unit test.
    """
    with locked_context(workplace) as context:
        _check_laws(workplace, context)
        _check_unit_tests(workplace, context)
        plan = build_plan(context, workplace, execution_time=end_of(today))
        diff = plan.context_diff
        changed = {name: diff.text_diff(name) for name in diff.modified_snapshots if diff.directly_modified(name)}
        changed |= dict.fromkeys(
            [*(item.name for item in diff.added), *(item.name for item in diff.removed_snapshots)], ""
        )
        rebuilt = [item.name for ids in plan.indirectly_modified.values() for item in ids]
        return Change({_short(name): lines for name, lines in changed.items()}, tuple(sorted({*map(_short, rebuilt)})))


def _check_laws(workplace: Workplace, context: "Context") -> None:
    broken = "\n  ".join(find_broken_laws(context.lint_models(raise_on_error=False)))
    if broken:
        raise _refused(workplace, f"The SQL models break a lint rule:\n  {broken}\n")


def _check_unit_tests(workplace: Workplace, context: "Context") -> None:
    import io

    from sqlmesh.utils import Verbosity

    result = context.test(stream=io.StringIO(), verbosity=Verbosity.VERBOSE)  # Prints the rows with all columns.
    if not result.wasSuccessful():
        failed = "\n".join(find_failed_tests(result))
        raise _refused(workplace, f"Unit tests of the SQL models failed: {failed}\n")


def _refused(workplace: Workplace, fact: str) -> TransformFailed:
    return TransformFailed(
        f"{fact}Nothing was changed. {tell_readers(workplace)}",
        "correct the model or its test, then run `churn transforms apply` again.",
    )


def deploy(workplace: Workplace, today: date) -> Deployment:
    """Deploys the SQL models from their files, and rebuilds the history of the models that changed.

    Readers see the old versions until the new ones are filled and audited. Afterwards every published day is compared
    with its scores, and days that differ are refreshed. When models change, staged scores are deleted, since they come
    from other features.

    Args:
        workplace: where the database is.
        today: the current date. Days up to its end count as evaluated, so that a plan by hand finds nothing to do.

    Raises:
        TransformFailed: the project cannot be read, or a statement failed.
        AuditFailed: a rebuilt model failed an audit, or a published day does not match its scores with these models.
    """
    engine = workplace.engine
    with locked_context(workplace) as context:
        with engine.begin() as connection:
            ensure_reader(connection)
        # Before the plan: a view that reads a wrong table would make the audits of a correct change fail.
        healed = _heal_deployed(engine, context)
        plan = build_plan(context, workplace, execution_time=end_of(today))
        changed = _list_changed(plan)
        _apply_files(workplace, context, plan)
        version = _features_version(context)
        with engine.begin() as connection:
            ensure_caller(connection)
    repaired = repair_days(workplace) if changed or healed else []
    return Deployment(version, changed, tuple(healed), tuple(repaired))


def _apply_files(workplace: Workplace, context: "Context", plan: Any) -> None:
    """Applies the plan of a deployment. If models change, staged scores are deleted first."""
    if plan.context_diff.has_changes:
        _discard_staged_scores(workplace)
    try:
        apply(context, workplace, plan)
    except AuditFailed as failure:
        # Staged scores that failed an audit stay until the date is scored again. They must not stop this run, which may
        # be the one that scores them again.
        if plan.context_diff.has_changes or failure.model not in RISK_MODELS:
            raise


def _list_changed(plan: Any) -> tuple[str, ...]:
    """Returns the models whose own SQL differs from the deployed one; none on an empty database, where all are new."""
    diff = plan.context_diff
    if diff.is_new_environment:
        return ()
    modified = [name for name in diff.modified_snapshots if diff.directly_modified(name)]
    named = [*modified, *(item.name for item in diff.added), *(item.name for item in diff.removed_snapshots)]
    return tuple(sorted(map(_short, named)))


def _short(fqn: str) -> str:
    return ".".join(part.strip('"') for part in fqn.split(".")[-2:])


def repair_days(workplace: Workplace, days: Sequence[date] | None = None) -> list[Tear]:
    """Compares published days with their scores, and repairs the days that differ: first views, then tables.

    It uses the deployed models, not the files.

    Args:
        workplace: where the database is.
        days: the days to compare (default: every published day).

    Returns:
        The differences that were found and repaired.

    Raises:
        AuditFailed: a day still differs. The error names the table and what to do.
    """
    engine = workplace.engine
    with engine.connect() as connection:
        tears = find_tears(connection, days)
    if tears:
        with locked_context(workplace) as context:
            _heal_deployed(engine, context)
    # Outside the block above: `refresh` takes the same lock itself.
    for day in sorted({tear.day for tear in tears if tear.table != SCORES}):  # No model can restore lost scores.
        refresh(workplace, "raw_data.telco_churn_raw", FEATURE_MODELS, [day])
        refresh(workplace, SCORES, RISK_MODELS, [day])
    if tears:
        with engine.connect() as connection:
            refuse_torn(find_tears(connection, sorted({tear.day for tear in tears})))
    return tears


def _heal_deployed(engine: sa.Engine, context: "Context") -> list[str]:
    """Repairs views of the deployed models that read a wrong table, and returns their names."""
    deployed = context.state_reader.get_environment("prod")
    if deployed is None:
        return []
    return heal_views(engine, list_views(context.state_reader.get_snapshots(deployed.snapshots).values()))


def read_features_version(workplace: Workplace) -> str:
    """Returns the version of the features from the SQL files. Deploys nothing."""
    with locked_context(workplace) as context:
        return _features_version(context)


def _features_version(context: "Context") -> str:
    fingerprints = [context.get_snapshot(model, raise_if_missing=True).fingerprint for model in FEATURE_MODELS]
    # Without the metadata hashes of SQLMesh: a changed description or audit must not make every score outdated.
    parts = [f"{fingerprint.data_hash}.{fingerprint.parent_data_hash}" for fingerprint in fingerprints]
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:12]


def _discard_staged_scores(workplace: Workplace) -> None:
    """Deletes scores that are not published. They come from old models, and failed ones would stop the deployment."""
    staged = sa.select(publications.c.prediction_date).where(publications.c.status != "published")
    with workplace.engine.begin() as connection:
        connection.execute(sa.delete(predictions).where(predictions.c.prediction_date.in_(staged)))

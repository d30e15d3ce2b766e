"""Bringing the models in the database to what the SQL files say, without a published day changing for its readers."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from churn.errors import AuditFailed, TransformFailed
from churn.settings import Settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.readers import ensure_reader
from churn.stores.postgres.tables import predictions, publications
from churn.stores.rows.torn_days import SCORES, Tear, find_tears, refuse_torn
from churn.stores.sql_models.bindings import heal_views, list_views
from churn.stores.sql_models.contexts import locked_context
from churn.stores.sql_models.failures import find_broken_laws, find_failed_tests, tell_readers
from churn.stores.sql_models.refreshing import FEATURE_MODELS, RISK_MODELS, apply, build_plan, end_of, refresh

if TYPE_CHECKING:
    from sqlmesh.core.context import Context


@dataclass(frozen=True)
class Deployment:
    """What a deploy found and did.

    Attributes:
        features_version: a fingerprint of the SQL of the features, which changes when it does.
        changed_models: models whose SQL was changed, added or removed since the last deploy, by name.
        healed_views: views that were missing or read another version's table, and were made anew.
        repaired: what published days did not hold after the change, and hold now.
    """

    features_version: str
    changed_models: tuple[str, ...] = ()
    healed_views: tuple[str, ...] = ()
    repaired: tuple[Tear, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a deploy would do.

    Attributes:
        changed: models whose SQL was changed, with the difference in lines of + and -; added and removed ones without.
        rebuilt: tables that are made anew, over all stored days, and views that read them.
    """

    changed: dict[str, str]
    rebuilt: tuple[str, ...]


def describe_change(settings: Settings, today: date) -> Change:
    """Returns what a deploy would change, having linted the project and run its unit tests. Changes nothing.

    Raises:
        TransformFailed: the project cannot be read, breaks a law or fails a unit test.
    """
    with locked_context(settings) as context:
        _check_laws(settings, context)
        _check_unit_tests(settings, context)
        plan = build_plan(context, settings, execution_time=end_of(today))
        diff = plan.context_diff
        changed = {name: diff.text_diff(name) for name in diff.modified_snapshots if diff.directly_modified(name)}
        changed |= dict.fromkeys([*(one.name for one in diff.added), *(one.name for one in diff.removed_snapshots)], "")
        rebuilt = [one.name for ids in plan.indirectly_modified.values() for one in ids]
        return Change({_short(name): lines for name, lines in changed.items()}, tuple(sorted({*map(_short, rebuilt)})))


def _check_laws(settings: Settings, context: "Context") -> None:
    broken = "\n  ".join(find_broken_laws(context.lint_models(raise_on_error=False)))
    if broken:
        raise _refused(settings, f"The SQL models break a law:\n  {broken}\n")


def _check_unit_tests(settings: Settings, context: "Context") -> None:
    import io

    from sqlmesh.utils import Verbosity

    result = context.test(stream=io.StringIO(), verbosity=Verbosity.VERBOSE)  # It tells the rows with every column.
    if not result.wasSuccessful():
        failed = "\n".join(find_failed_tests(result))
        raise _refused(settings, f"Unit tests of the SQL models failed: {failed}\n")


def _refused(settings: Settings, fact: str) -> TransformFailed:
    return TransformFailed(
        f"{fact}Nothing was changed. {tell_readers(settings)}",
        "correct the model or its test, then run `churn transforms apply` again.",
    )


def deploy(settings: Settings, today: date) -> Deployment:
    """Brings the models in the database to what the SQL files say, and rebuilds the history of those that changed.

    Readers see the old versions until the new ones are filled and audited. Afterwards every published day is compared
    with its scores; days that differ are refreshed. Scores that are staged are dropped when models change: they were
    made from other features.

    Args:
        settings: where the database is.
        today: dates up to the end of this day are marked as evaluated, so that a plan by hand finds nothing to do.

    Raises:
        TransformFailed: the project does not load or a statement failed.
        AuditFailed: a rebuilt model failed an audit, or a published day does not hold its scores with these models.
    """
    engine = open_engine(settings)
    with locked_context(settings) as context:
        with engine.begin() as connection:
            ensure_reader(connection)
        # Before the plan: views that read the wrong table would fail the audits of a change that is sound.
        healed = _heal_deployed(engine, context)
        plan = build_plan(context, settings, execution_time=end_of(today))
        if plan.context_diff.has_changes:
            _discard_staged_scores(settings)
        changed = _list_changed(plan)
        try:
            apply(context, settings, plan)
        except AuditFailed as failure:
            # Scores that failed their audit stay staged until they are made again; they are no reason not to begin.
            if plan.context_diff.has_changes or failure.model not in RISK_MODELS:
                raise
        version = _features_version(context)
    repaired = repair_days(settings) if changed or healed else []
    return Deployment(version, changed, tuple(healed), tuple(repaired))


def _list_changed(plan: Any) -> tuple[str, ...]:
    """The models whose own SQL differs from what is deployed; on an empty database none, for all are new."""
    diff = plan.context_diff
    if diff.is_new_environment:
        return ()
    modified = [name for name in diff.modified_snapshots if diff.directly_modified(name)]
    named = [*modified, *(one.name for one in diff.added), *(one.name for one in diff.removed_snapshots)]
    return tuple(sorted(map(_short, named)))


def _short(fqn: str) -> str:
    return ".".join(part.strip('"') for part in fqn.split(".")[-2:])


def repair_days(settings: Settings, days: Sequence[date] | None = None) -> list[Tear]:
    """Compares published days with their scores, and makes those that differ whole: views first, then tables.

    Works on the models that are deployed, whatever the files say.

    Args:
        settings: where the database is.
        days: the days to look at; None for every published one.

    Returns:
        What was torn and is whole again.

    Raises:
        AuditFailed: a day is torn still; it says of which table, and what to do.
    """
    engine = open_engine(settings)
    with engine.connect() as connection:
        tears = find_tears(connection, days)
    if tears:
        with locked_context(settings) as context:
            _heal_deployed(engine, context)
    for day in sorted({tear.day for tear in tears if tear.table != SCORES}):  # Lost scores no model brings back.
        refresh(settings, "raw_data.telco_churn_raw", FEATURE_MODELS, [day])
        refresh(settings, SCORES, RISK_MODELS, [day])
    if tears:
        with engine.connect() as connection:
            refuse_torn(find_tears(connection, sorted({tear.day for tear in tears})))
    return tears


def _heal_deployed(engine: sa.Engine, context: "Context") -> list[str]:
    """Makes the views of the deployed models read the tables they should; returns those that did not."""
    deployed = context.state_reader.get_environment("prod")
    if deployed is None:
        return []
    return heal_views(engine, list_views(context.state_reader.get_snapshots(deployed.snapshots).values()))


def read_features_version(settings: Settings) -> str:
    """Returns the version of the features as the SQL files say it; deploys nothing."""
    with locked_context(settings) as context:
        return _features_version(context)


def _features_version(context: "Context") -> str:
    fingerprints = [context.get_snapshot(model, raise_if_missing=True).fingerprint for model in FEATURE_MODELS]
    parts = [f"{fingerprint.data_hash}.{fingerprint.parent_data_hash}" for fingerprint in fingerprints]
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:12]


def _discard_staged_scores(settings: Settings) -> None:
    """Drops scores that readers do not see: changed models make them outdated, failed ones would stop the change."""
    staged = sa.select(publications.c.prediction_date).where(publications.c.status != "published")
    with open_engine(settings).begin() as connection:
        connection.execute(sa.delete(predictions).where(predictions.c.prediction_date.in_(staged)))

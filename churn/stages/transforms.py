"""Deploys, refreshes and audits the SQL models, and compares the tables that readers see with the scores."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from churn.contracts.over_days import longest_days
from churn.intake.declaring import read_declared
from churn.stages import Outcome
from churn.stores import sql_models
from churn.stores.ledgers import loads, publications
from churn.stores.rows import change_windows, features, label_windows
from churn.stores.rows.torn_days import Tear, find_newest_days, find_tears
from churn.stores.sql_models import FEATURE_MODELS, Change, Deployment
from churn.stores.workplace import Workplace
from churn.timeline import tell_dates, today


def deploy_models(workplace: Workplace) -> Outcome:
    """Deploys the SQL models from their files, even if no date has to be run.

    Raises:
        AuditFailed: rows of a changed model failed an audit. Readers still see the previous models.
        TransformFailed: a model could not be read or refreshed. Readers still see the previous models.
    """
    deployment = sql_models.deploy(workplace, today())
    summary = _summarise_deployment(deployment)
    details = _as_details(deployment.repaired)
    return Outcome(summary or "the deployed models match the files", is_skipped=not summary, details=details)


def describe_change(workplace: Workplace) -> Change:
    """Returns what a deployment would change. Lints the models and runs their unit tests first.

    Raises:
        TransformFailed: the models cannot be read, break a lint rule or fail a unit test. Nothing was changed.
    """
    return sql_models.describe_change(workplace, today())


def run_transforms(workplace: Workplace, as_of_date: date) -> Outcome:
    """Deploys the SQL models, and refreshes staging and features of a date.

    The refresh is skipped if the scores of the date come from the same load and models, and its features are complete.

    Raises:
        NotLoaded: no extract of the date is loaded.
        AuditFailed: rows failed an audit. What readers see did not change.
        TransformFailed: a model could not be refreshed.
    """
    deployment = sql_models.deploy(workplace, today())
    version, changed = deployment.features_version, _summarise_deployment(deployment)
    engine = workplace.engine
    load = loads.require_load(engine, as_of_date)
    known = publications.find_publication(engine, as_of_date)
    is_current = known is not None and (known.load_id, known.transforms_version) == (load.load_id, version)
    # The count as well: the ledger says what was computed, not whether somebody deleted rows since.
    if is_current and features.count_features(engine, as_of_date) == load.rows_accepted:
        summary = f"the features of {as_of_date} are up to date with load {load.load_id} and models {version}"
        return Outcome("; ".join(filter(None, [changed, summary])), is_skipped=not changed)
    done = sql_models.refresh(workplace, "raw_data.telco_churn_raw", FEATURE_MODELS, [as_of_date])
    change_windows.refresh_changes(engine, longest_days(read_declared(workplace.settings).features.names))
    label_windows.refresh_windows(engine)
    rows = "; ".join(f"{item.model}: {item.rows or 0:,} rows in {item.milliseconds:,} ms" for item in done)
    return Outcome("; ".join(filter(None, [changed, rows])), details=tuple(asdict(item) for item in done))


def _summarise_deployment(deployment: Deployment) -> str:
    """Returns what a deployment did, in one line; empty if it changed nothing."""
    parts = []
    if deployment.changed_models:
        parts.append(f"changed models deployed: {', '.join(deployment.changed_models)}")
    if deployment.healed_views:
        parts.append(f"views created again: {', '.join(deployment.healed_views)}")
    if deployment.repaired:
        parts.append(_summarise_repair(deployment.repaired))
    return "; ".join(parts)


def audit_transforms(workplace: Workplace, as_of_date: date) -> Outcome:
    """Runs every audit of staging and features on the current rows of a date.

    Raises:
        AuditFailed: rows failed an audit. The error has the audit, the number of rows and a query that shows them.
    """
    passed = sql_models.audit(workplace, FEATURE_MODELS, [as_of_date])
    details = tuple({"model": model, "audit": name, "rows_failed": 0} for model, name in passed)
    return Outcome(f"{len(passed)} audits passed", details=details)


def check_published(workplace: Workplace, days: Sequence[date]) -> Outcome:
    """Compares some days and the newest published days with their scores, and refreshes the days that differ.

    Raises:
        AuditFailed: a day still differs after a refresh. The next step of the error says how to repair it.
    """
    with workplace.engine.connect() as connection:
        looked_at = sorted({*days, *find_newest_days(connection)})
    repaired = sql_models.repair_days(workplace, looked_at)
    result = _summarise_repair(repaired) if repaired else "all match"
    days_text = "1 day" if len(looked_at) == 1 else f"{len(looked_at)} days"
    return Outcome(f"{days_text} compared with the scores: {result}", details=_as_details(repaired))


def find_torn_newest(workplace: Workplace, days: Sequence[date]) -> list[Tear]:
    """Returns the differences of some days and of the newest published days from their scores. Changes nothing."""
    with workplace.engine.connect() as connection:
        return find_tears(connection, sorted({*days, *find_newest_days(connection)}))


def check_every_day(workplace: Workplace) -> Outcome:
    """Compares every published day with its scores, and refreshes the days that differ.

    Raises:
        AuditFailed: a day still differs after a refresh. The next step of the error says how to repair it.
    """
    repaired = sql_models.repair_days(workplace)
    result = _summarise_repair(repaired) if repaired else "all match"
    return Outcome(f"every published day compared with its scores: {result}", details=_as_details(repaired))


def find_torn(workplace: Workplace) -> list[Tear]:
    """Returns the published days that differ from their scores, table by table. Changes nothing."""
    with workplace.engine.connect() as connection:
        return find_tears(connection)


def _summarise_repair(tears: Sequence[Tear]) -> str:
    days = tell_dates({tear.day for tear in tears})
    return f"differences repaired on {days} (for example {tears[0].table} {tears[0].difference})"


def _as_details(tears: Sequence[Tear]) -> tuple[dict[str, object], ...]:
    return tuple({"day": str(tear.day), "table": tear.table, "difference": tear.difference} for tear in tears)


def drop_old_tables(workplace: Workplace) -> Outcome:
    """Drops the tables of replaced model versions, once the time is over for which old versions are kept.

    Raises:
        TransformFailed: a table could not be dropped.
    """
    done = sql_models.drop_old_tables(workplace)
    before, after = done.bytes_before / 1e6, done.bytes_after / 1e6
    summary = f"{done.tables_count:,} old tables and views dropped, {before:,.1f} MB before, {after:,.1f} MB after"
    return Outcome(summary, is_skipped=not done.tables_count)

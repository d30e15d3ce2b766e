"""The SQL models: deployed, evaluated for a date, audited; and what readers see, held against the scores."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from churn.settings import Settings
from churn.stages import Outcome
from churn.stores import sql_models
from churn.stores.ledgers import loads, publications
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features
from churn.stores.rows.torn_days import Tear, find_newest_days, find_tears
from churn.stores.sql_models import FEATURE_MODELS, Change, Deployment
from churn.timeline import tell_dates, today


def deploy_models(settings: Settings) -> Outcome:
    """Deploys the SQL models as their files say, whether or not there is a date to run.

    Raises:
        AuditFailed: rows of a changed model failed an audit; readers see the models as they were.
        TransformFailed: a model could not be read or evaluated; likewise.
    """
    deployment = sql_models.deploy(settings, today())
    told = _tell_deployment(deployment)
    details = _as_details(deployment.repaired)
    return Outcome(told or "the models are those of the files", is_skipped=not told, details=details)


def describe_change(settings: Settings) -> Change:
    """Returns what a deploy would change, once the models keep their laws and pass their unit tests.

    Raises:
        TransformFailed: they cannot be read, break a law or fail a unit test; nothing was changed.
    """
    return sql_models.describe_change(settings, today())


def run_transforms(settings: Settings, as_of_date: date) -> Outcome:
    """Deploys the SQL models as they stand and evaluates staging and features of a date.

    Skipped when the date's load and the models are those its predictions were made from, and the features of the date
    are all there.

    Raises:
        NotLoaded: no extract of the date is loaded.
        AuditFailed: rows failed an audit; what readers see did not change.
        TransformFailed: a model could not be evaluated.
    """
    deployment = sql_models.deploy(settings, today())
    version, changed = deployment.features_version, _tell_deployment(deployment)
    engine = open_engine(settings)
    load = loads.require_load(engine, as_of_date)
    made = publications.find_publication(engine, as_of_date)
    is_made = made is not None and (made.load_id, made.transforms_version) == (load.load_id, version)
    if is_made and features.count_features(engine, as_of_date) == load.rows_accepted:
        told = f"features of {as_of_date} are those of load {load.load_id} and models {version}"
        return Outcome("; ".join(filter(None, [changed, told])), is_skipped=not changed)
    done = sql_models.refresh(settings, "raw_data.telco_churn_raw", FEATURE_MODELS, [as_of_date])
    told = "; ".join(f"{one.model} {one.rows or 0:,} rows in {one.milliseconds} ms" for one in done)
    return Outcome("; ".join(filter(None, [changed, told])), details=tuple(asdict(one) for one in done))


def _tell_deployment(deployment: Deployment) -> str:
    """What a deploy did beside nothing, in one line."""
    told = []
    if deployment.changed_models:
        told.append(f"changed models deployed: {', '.join(deployment.changed_models)}")
    if deployment.healed_views:
        told.append(f"views made anew: {', '.join(deployment.healed_views)}")
    if deployment.repaired:
        told.append(_tell_repaired(deployment.repaired))
    return "; ".join(told)


def audit_transforms(settings: Settings, as_of_date: date) -> Outcome:
    """Runs every audit of staging and features on what a date holds now.

    Raises:
        AuditFailed: with the audit's name, the count and a query that shows the rows.
    """
    passed = sql_models.audit(settings, FEATURE_MODELS, [as_of_date])
    details = tuple({"model": model, "audit": name, "rows_failed": 0} for model, name in passed)
    return Outcome(f"{len(passed)} audits passed", details=details)


def check_published(settings: Settings, days: Sequence[date]) -> Outcome:
    """Holds what readers see of some days and of the newest ones against their scores; refreshes days that differ.

    Raises:
        AuditFailed: a day is torn and a refresh did not make it whole; the message says what does.
    """
    with open_engine(settings).connect() as connection:
        looked_at = sorted({*days, *find_newest_days(connection)})
    repaired = sql_models.repair_days(settings, looked_at)
    told = _tell_repaired(repaired) if repaired else "readers see what was scored"
    return Outcome(f"{len(looked_at)} days compared: {told}", details=_as_details(repaired))


def check_every_day(settings: Settings) -> Outcome:
    """Holds what readers see of every published day against its scores; refreshes days that differ.

    Raises:
        AuditFailed: a day is torn and a refresh did not make it whole; the message says what does.
    """
    repaired = sql_models.repair_days(settings)
    told = _tell_repaired(repaired) if repaired else "readers see what was scored"
    return Outcome(f"every published day compared: {told}", details=_as_details(repaired))


def find_torn(settings: Settings) -> list[Tear]:
    """Returns what published days do not hold; changes nothing."""
    with open_engine(settings).connect() as connection:
        return find_tears(connection)


def _tell_repaired(tears: Sequence[Tear]) -> str:
    days = tell_dates({tear.day for tear in tears})
    return f"torn and repaired: {days} ({tears[0].table} {tears[0].difference})"


def _as_details(tears: Sequence[Tear]) -> tuple[dict[str, object], ...]:
    return tuple({"day": str(tear.day), "table": tear.table, "was torn": tear.difference} for tear in tears)


def drop_old_tables(settings: Settings) -> Outcome:
    """Drops the tables of SQL models that were replaced longer ago than they are kept.

    Raises:
        TransformFailed: a table could not be dropped.
    """
    done = sql_models.drop_old_tables(settings)
    before, after = done.bytes_before / 1e6, done.bytes_after / 1e6
    told = f"{done.tables_count} old tables and views dropped, {before:,.1f} MB before, {after:,.1f} MB after"
    return Outcome(told, is_skipped=not done.tables_count)

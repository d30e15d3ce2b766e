"""Bringing staging and features of a date up to date, and auditing them."""

from dataclasses import asdict
from datetime import date

from churn.errors import ContractBroken
from churn.settings import Settings
from churn.stages import Outcome
from churn.stores import snapshots, transformer, warehouse
from churn.stores.database import open_engine
from churn.stores.transformer import FEATURE_MODELS
from churn.timeline import today


def run_transforms(settings: Settings, as_of_date: date) -> Outcome:
    """Deploys the SQL models as they stand and evaluates staging and features of a date.

    Skipped when the date's load and the models are those its predictions were made from.

    Raises:
        AuditFailed: rows failed an audit; what readers see did not change.
        TransformFailed: a model could not be evaluated.
    """
    version = transformer.deploy(settings, today())
    engine = open_engine(settings)
    load = snapshots.find_current_load(engine, as_of_date)
    if load is None:
        raise ContractBroken(f"No extract of {as_of_date} is loaded.", "run `churn run --source FILE --as-of DATE`.")
    made = warehouse.find_publication(engine, as_of_date)
    if made is not None and (made.load_id, made.transforms_version) == (load.load_id, version):
        return Outcome(f"features of {as_of_date} are those of load {load.load_id} and models {version}", True)
    done = transformer.refresh(settings, "raw_data.telco_churn_raw", FEATURE_MODELS, [as_of_date])
    told = "; ".join(f"{one.model} {one.rows or 0:,} rows in {one.milliseconds} ms" for one in done)
    return Outcome(told, details=tuple(asdict(one) for one in done))


def audit_transforms(settings: Settings, as_of_date: date) -> Outcome:
    """Runs every audit of staging and features on what a date holds now.

    Raises:
        AuditFailed: with the audit's name, the count and a query that shows the rows.
    """
    passed = transformer.audit(settings, FEATURE_MODELS, [as_of_date])
    details = tuple({"model": model, "audit": name, "rows_failed": 0} for model, name in passed)
    return Outcome(f"{len(passed)} audits passed", details=details)

"""Asks whether a run would have anything to do, before Prefect, SQLMesh, MLflow or scikit-learn is imported.

A complete run of a date stores a digest of all that could give the next one work. While the digest is the same, and the
rows and figures of the date still agree with the ledgers, each stage of the next run would be skipped.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from churn.economics.policies import load_policies
from churn.errors import ChurnError
from churn.intake.declaring import read_extract_form
from churn.intake.reading import open_batches
from churn.intake.sources import Extract, open_extract
from churn.simulation.extracts import provide_synthetic_extract
from churn.stages import intake, planning, stored_loads
from churn.stages.transforms import find_torn_newest
from churn.stores.ledgers import finished_runs, publications
from churn.stores.ledgers.finished_runs import FinishedRun
from churn.stores.sql_models.project_files import fingerprint_project
from churn.stores.workplace import Workplace
from churn.timeline import today_utc

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from churn.settings import Settings

_LIBRARIES = ("churn", "polars", "scikit-learn", "xgboost", "mlflow")
_OPENED_TWICE_BYTES = 20_000_000
"""A workbook is unpacked when it is opened; a larger one is left to the run, which opens it once."""


@dataclass(frozen=True)
class Unchanged:
    """A date of which every stage would be skipped.

    Attributes:
        finished_at: when its last complete run ended.
        reasons: one line for each stage or group of stages: why it has nothing to do.
        notes: remarks about files and dates of a folder, as a run would make them.
    """

    day: date
    finished_at: datetime
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def find_unchanged(
    workplace: Workplace, source: str | None, as_of: date, declaration: Path | None = None
) -> Unchanged | None:
    """Returns what a run of one file would skip, if it would skip everything; None if it has something to do.

    Raises:
        WrongUsage: the file cannot be read.
        ContractBroken: the file is no extract. Its row in the ledger of loads is written, as a run would do.
    """
    source = source or str(provide_synthetic_extract(workplace.settings.home_dir))
    with open_extract(workplace.settings, source) as extract:
        extract_form = read_extract_form(declaration or workplace.settings.declaration_in_force)
        same = stored_loads.find_same(workplace.engine, workplace.settings, extract, as_of, extract_form)
        if same is None:
            _try_opening(workplace, extract, source, as_of, declaration)
            return None
    return _ask(workplace, as_of, stored_loads.tell_same(same))


def find_unchanged_folder(workplace: Workplace, folder: str) -> Unchanged | None:
    """Returns what a run of a folder would skip, if no file is new or left out; None if it has something to do.

    Raises:
        WrongUsage: this user may not read the folder.
    """
    plan = planning.plan_run(workplace, folder, None, today_utc())
    newest = publications.find_publication(workplace.engine)
    if plan.days or plan.refusal or newest is None:
        return None
    found = _ask(workplace, newest.prediction_date, f"{folder} holds no new file")
    return Unchanged(found.day, found.finished_at, found.reasons, tuple(plan.notes)) if found else None


def remember_run(workplace: Workplace, day: date) -> None:
    """Stores that every stage of a date has done its work, with a digest of all that could give the next run work."""
    with workplace.engine.begin() as connection:
        if (digest := _digest_inputs(workplace.settings, connection, day)) is not None:
            finished_runs.record_finished(connection, day, digest)


def _ask(workplace: Workplace, day: date, arrived: str) -> Unchanged | None:
    with workplace.engine.connect() as connection:
        finished = finished_runs.find_finished(connection, day)
        is_same = finished and finished.inputs_sha256 == _digest_inputs(workplace.settings, connection, day)
    if finished is None or not is_same or not _is_whole(workplace, day):
        return None
    return _tell(workplace, finished, arrived)


def _digest_inputs(settings: "Settings", connection: "Connection", day: date) -> str | None:
    """Returns a digest of the ledgers, files, settings and versions that decide a run; None before a deployment."""
    if (ledgers := finished_runs.read_ledgers(connection, day)) is None:
        return None
    inputs = [
        ledgers,
        fingerprint_project(),
        read_extract_form(settings.declaration_in_force).fingerprint(),
        load_policies(settings.policies).sha256,
        *(f"{name} {version(name)}" for name in _LIBRARIES),
    ]
    return hashlib.sha256("\n".join(inputs).encode()).hexdigest()


def _is_whole(workplace: Workplace, day: date) -> bool:
    """Returns whether the rows of a date and the figures of the newest dates agree with the ledgers."""
    known = publications.find_publication(workplace.engine, day)
    return known is not None and known.status == "published" and not find_torn_newest(workplace, [day])


def _tell(workplace: Workplace, finished: FinishedRun, arrived: str) -> Unchanged:
    known = publications.find_publication(workplace.engine, finished.prediction_date)
    assert known is not None  # `_is_whole` has found it.
    reasons = (
        f"Load and check: {arrived}.",
        "SQL models: their files and what is deployed are unchanged.",
        f"Training: the examples and settings are unchanged, and version {known.model_version} scored the date.",
        f"Score and publish: {known.customers_count:,} scores are published, and every table agrees with them.",
    )
    return Unchanged(finished.prediction_date, finished.finished_at, reasons)


def _try_opening(workplace: Workplace, extract: Extract, source: str, as_of: date, declaration: Path | None) -> None:
    """Opens a file that a run would load. A file that is no extract is refused by the load itself, with its record."""
    settings = workplace.settings
    if extract.size_bytes > _OPENED_TWICE_BYTES:
        return
    max_bytes = settings.max_extract_megabytes * 1_000_000
    try:
        extract_form = read_extract_form(declaration or settings.declaration_in_force)
        with open_batches(extract.path, extract.name, extract_form, max_bytes):
            pass
    except ChurnError:
        intake.load_extract(workplace, source, as_of, declaration)


def is_local(source: str | None) -> bool:
    """Returns whether a source can be looked at twice: not standard input, not an address."""
    return source is None or (source != "-" and "://" not in source and not source.startswith("file:"))

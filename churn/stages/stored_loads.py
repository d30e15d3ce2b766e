"""Whether a date already has exactly a file, and whether its stored rows are still those that its load wrote."""

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn.contracts.money import write_money
from churn.intake.extract_form import ExtractForm
from churn.intake.rules import rules_of
from churn.intake.second_files import digest, find_files
from churn.intake.sources import Extract
from churn.settings import Settings
from churn.stores.ledgers import loads
from churn.stores.ledgers.loads import Arrival, Load
from churn.stores.rows import snapshots

if TYPE_CHECKING:
    from sqlalchemy import Engine


def find_same(
    engine: "Engine", settings: Settings, extract: Extract, snapshot_date: date, extract_form: ExtractForm
) -> Load | None:
    """Returns the current load of a date if it is of exactly this file and its rows are undamaged, or None."""
    current = loads.find_current_load(engine, snapshot_date)
    arrival = announce(settings, extract, snapshot_date, extract_form)
    return current if current is not None and is_stored(engine, current, arrival) else None


def is_stored(engine: "Engine", current: Load, arrival: Arrival) -> bool:
    """Returns whether the current load of a date is of exactly the file that arrives, with its rows undamaged."""
    is_same = (current.sha256, current.reading_sha256) == (arrival.sha256, arrival.reading_sha256)
    return is_same and not find_damage(engine, current)


def tell_same(load: Load) -> str:
    """Returns in words that a date has the file already."""
    return f"{load.snapshot_date} already has exactly this file ({load.rows_accepted:,} customers)"


def announce(settings: Settings, extract: Extract, snapshot_date: date, extract_form: ExtractForm) -> Arrival:
    """Returns the values of a file's row in the ledger, before any row of the file is read."""
    return Arrival(
        snapshot_date,
        extract.origin,
        extract.name,
        extract.sha256,
        _fingerprint_reading(settings, extract_form, extract, snapshot_date),
        extract.size_bytes,
        extract_form.label_rules(),
        extract_form.declaration.currency,
    )


def folder_of(extract: Extract) -> Path:
    """Returns where second files of an extract lie: beside it. A download lies alone in a folder of its own."""
    return extract.path.parent


def find_damage(engine: "Engine", load: Load) -> str:
    """Returns how the stored rows of a date differ from those that its load wrote; empty if they do not differ."""
    count, monthly_charges, fingerprint = snapshots.count_snapshot(engine, load.snapshot_date)
    recorded = load.monthly_charges_total
    # A sum of floats differs in its last bits with the order of the rows: only cents count.
    if count == load.rows_accepted and not round((monthly_charges or 0.0) - (recorded or 0.0), 2):
        if load.rows_fingerprint in (None, fingerprint):
            return ""
        return (
            f"raw_data.telco_churn_raw has all {count:,} rows of {load.snapshot_date}, but not as load {load.load_id} "
            "wrote them."
        )
    return (
        f"raw_data.telco_churn_raw has {count:,} rows of {load.snapshot_date} with {tell_charges(monthly_charges)}, "
        f"but load {load.load_id} wrote {load.rows_accepted:,} rows with {tell_charges(recorded)}."
    )


def tell_charges(monthly_charges: float | None) -> str:
    """Returns the sum of the monthly charges of a snapshot in words."""
    return "no value a month" if monthly_charges is None else f"monthly charges of {write_money(monthly_charges, 2)}"


def _fingerprint_reading(settings: Settings, extract_form: ExtractForm, extract: Extract, day: date) -> str:
    """Returns a digest of what decides how the bytes are read: the declaration, rules, new words, the second files."""
    rules = sorted(rules_of(extract_form.declaration).sentences.items())
    seconds = find_files(extract_form.declaration, folder_of(extract), day)
    digests = "".join(f" {digest(path)}" for path in seconds.values())
    inputs = f"{extract_form.fingerprint()} {settings.new_categories} {rules}{digests}"
    return hashlib.sha256(inputs.encode()).hexdigest()

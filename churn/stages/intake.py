"""Taking an extract in: contract at the door, ledger, and a check that the database holds what the ledger says."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from churn.errors import ContractBroken
from churn.intake.reading import check_source, fingerprint_file, read_text_batches
from churn.intake.screening import Screened, screen_rows
from churn.settings import Settings
from churn.stages import Outcome
from churn.stores import warehouse
from churn.stores.database import open_engine
from churn.timeline import check_snapshot_date, today

REJECTED_SHARE_LIMIT = 0.01


def load_extract(settings: Settings, source: Path, snapshot_date: date) -> Outcome:
    """Loads a customer extract as the snapshot of a date, replacing what that date held.

    The same content for the same date is recognised before parsing and changes nothing.

    Raises:
        WrongUsage: no such file, or a date an extract cannot have.
        ContractBroken: the file as a whole is refused; nothing of it was written but a line in the ledger.
    """
    check_snapshot_date(snapshot_date, today())
    sha256 = fingerprint_file(check_source(source))
    engine = open_engine(settings)
    current = warehouse.find_current_load(engine, snapshot_date)
    if current is not None and current.sha256 == sha256:
        return Outcome(f"{snapshot_date} already holds this very file ({current.rows_accepted:,} customers)", True)
    try:
        batches = _screen(source)
        load = warehouse.load_snapshot(engine, snapshot_date, source.name, sha256, source.stat().st_size, batches)
    except ContractBroken as broken:
        warehouse.record_refusal(engine, snapshot_date, source.name, sha256, broken.fact)
        raise
    corrected = f", replacing load {current.load_id}" if current else ""
    rejected = f", {load.rows_rejected:,} rows set aside" if load.rows_rejected else ""
    return Outcome(f"{load.rows_accepted:,} customers as of {snapshot_date}{rejected}{corrected}")


def _screen(source: Path) -> Iterator[Screened]:
    """Yields screened batches and refuses the file when too many rows break the contract."""
    read = rejected = 0
    example = ""
    for text_rows in read_text_batches(source):
        screened = screen_rows(text_rows)
        read += text_rows.height
        rejected += screened.rejected.height
        if not example and screened.rejected.height:
            row = screened.rejected.row(0, named=True)
            example = f"; line {row['row_number']}: {row['reasons'][0]}"
        yield screened
    if rejected > REJECTED_SHARE_LIMIT * read:
        raise ContractBroken(
            f"{source.name}: {rejected:,} of {read:,} rows break the contract, more than "
            f"{REJECTED_SHARE_LIMIT:.0%}{example}.",
            "correct the extract and run again; nothing was loaded.",
        )


def validate_extract(settings: Settings, snapshot_date: date) -> Outcome:
    """Checks that the database holds the snapshot the ledger says it holds: rows and money.

    Raises:
        ContractBroken: nothing was loaded for the date, or something else changed its rows.
    """
    engine = open_engine(settings)
    load = warehouse.find_current_load(engine, snapshot_date)
    if load is None:
        raise ContractBroken(f"No extract of {snapshot_date} is loaded.", "run `churn run --source FILE --as-of DATE`.")
    count, monthly_charges = warehouse.count_snapshot(engine, snapshot_date)
    if count != load.rows_accepted or round(monthly_charges - load.monthly_charges_total, 2):
        raise ContractBroken(
            f"raw_data.telco_churn_raw holds {count:,} rows billing {monthly_charges:,.2f} for {snapshot_date}; "
            f"load {load.load_id} wrote {load.rows_accepted:,} billing {load.monthly_charges_total:,.2f}.",
            "something else changed the table; load the extract again from a changed file or restore it.",
        )
    return Outcome(f"{count:,} customers billing {monthly_charges:,.2f} USD a month, as the ledger says")

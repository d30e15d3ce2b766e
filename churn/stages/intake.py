"""Taking an extract in: contract at the door, ledger, and a check that the database holds what the ledger says."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn.errors import ChurnError, ContractBroken, WrongUsage
from churn.intake import daily_files
from churn.intake.batches import ROW_NUMBER, Opened
from churn.intake.corrections import LOAD_COLUMN, check_all_came_back, check_corrects
from churn.intake.limits import Limits, Tally, check_hope, check_limits
from churn.intake.mapping import Mapping, read_mapping
from churn.intake.reading import open_batches
from churn.intake.reading_ahead import read_ahead
from churn.intake.rules import RULES
from churn.intake.screening import Screened, screen_rows
from churn.intake.sources import Extract, check_unchanged, open_extract
from churn.settings import Settings
from churn.simulation.extracts import provide_synthetic_extract
from churn.stages import Outcome
from churn.stores.ledgers import loads, publications
from churn.stores.ledgers.loads import Arrival, Load
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.locks import Lock, hold_lock
from churn.stores.rows import snapshots
from churn.stores.rows.snapshots import DuplicateCustomer
from churn.timeline import check_snapshot_date, today

if TYPE_CHECKING:
    from sqlalchemy import Engine


def find_extracts(settings: Settings, source: str | Path | None, as_of: date | None) -> list[tuple[str, date]]:
    """Returns the extracts a source stands for, each with its date, in order of date. No source: made-up customers.

    A file or address is one extract: of `as_of`, else of today. A folder is all of its daily files, or that of
    `as_of`; those whose date is published from that very file are left out, and those that did not change since they
    were taken in: who corrected such a date by another file does not want the old one back.

    Raises:
        WrongUsage: the folder may not be read, or holds no file of the date.
    """
    source = source or provide_synthetic_extract(settings.home_dir)
    if not is_folder(source):
        return [(str(source), as_of or today())]
    found = daily_files.find_daily_files(Path(source))
    if as_of is not None:
        found = [(day, path) for day, path in found if day == as_of]
        if not found:
            raise WrongUsage(f"The folder {source} holds no file of {as_of}.", "check the date and the files' names.")
        return [(str(path), day) for day, path in found]
    engine, days = open_engine(settings), [day for day, _ in found]
    published, taken = _find_published(engine, days), loads.find_last_taken(engine, days)
    return [
        (str(path), day)
        for day, path in found
        if day not in published or _fingerprint(path) not in (published[day], taken.get((day, str(path.absolute()))))
    ]


def _find_published(engine: "Engine", days: list[date]) -> dict[date, str]:
    """Returns the published ones of some dates, each with the sha256 of the file it holds."""
    made = publications.find_publications(engine, min(days), max(days))
    return {day: one.source_sha256 for day, one in made.items() if one.status == "published"}


def is_folder(source: str | Path) -> bool:
    """Whether a source is a folder of daily files.

    Raises:
        WrongUsage: it may not be looked at.
    """
    try:
        return Path(source).is_dir()
    except PermissionError as error:
        raise WrongUsage(f"{source} may not be read by this user.", "give the user read permission on it.") from error


def _fingerprint(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def load_extract(
    settings: Settings, source: str | Path, snapshot_date: date, mapping_path: Path | None = None
) -> Outcome:
    """Loads a customer extract as the snapshot of a date, replacing what that date held.

    The same content for the same date is recognised before parsing and changes nothing. Two loads at once take turns.

    Args:
        settings: limits, and where the database is.
        source: a path, a file: or http(s): address, or - for standard input.
        snapshot_date: its business date.
        mapping_path: a TOML file that says how the extract differs from the public names and words.

    Raises:
        WrongUsage: no such file, or a date an extract cannot have.
        Unavailable: an address did not answer in time.
        ContractBroken: the file as a whole is refused; nothing of it was written but a line in the ledger.
    """
    check_snapshot_date(snapshot_date, today())
    mapping = read_mapping(mapping_path)
    engine = open_engine(settings)
    with open_extract(settings, str(source)) as extract, hold_lock(engine, Lock.LOADS, wait=True):
        arrival = Arrival(
            snapshot_date,
            extract.origin,
            extract.name,
            extract.sha256,
            _fingerprint_reading(settings, mapping),
            extract.size_bytes,
        )
        current = loads.find_current_load(engine, snapshot_date)
        if current is not None and _is_same(current, arrival):
            return Outcome(f"{snapshot_date} already holds this very file ({current.rows_accepted:,} customers)", True)
        return _take_in(settings, engine, extract, arrival, mapping, current)


def _is_same(load: Load, arrival: Arrival) -> bool:
    return (load.sha256, load.reading_sha256) == (arrival.sha256, arrival.reading_sha256)


def _fingerprint_reading(settings: Settings, mapping: Mapping) -> str:
    """Digests what decides how bytes are read, beside the bytes: mapping, rules, what becomes of new words."""
    what = f"{mapping.fingerprint()} {settings.new_categories} {sorted(RULES.items())}"
    return hashlib.sha256(what.encode()).hexdigest()


def _take_in(
    settings: Settings, engine: "Engine", extract: Extract, arrival: Arrival, mapping: Mapping, current: Load | None
) -> Outcome:
    """Opens the ledger, replaces the snapshot, and says what was done; a refusal is written into the ledger."""
    tally = Tally()
    load_id = loads.open_load(engine, arrival)
    limits = _limits(settings)
    before = loads.find_load_before(engine, arrival.snapshot_date)
    max_bytes = settings.max_extract_megabytes * 1_000_000
    try:
        with open_batches(extract.path, extract.name, mapping, max_bytes) as opened:
            if opened.header.is_correction and current is not None:
                tally.keep(current.rows_accepted, current.monthly_charges_total, current.origin)
            with read_ahead(_screen(extract, opened, mapping, limits, tally, current, before)) as batches:
                snapshots.replace_snapshot(engine, load_id, arrival, batches, tally)
    except DuplicateCustomer as twice:
        told = _locate(twice, extract, mapping, max_bytes)
        loads.refuse_load(engine, load_id, told.fact, tally)
        raise told from twice
    except ChurnError as refusal:
        loads.refuse_load(engine, load_id, refusal.fact, tally)
        raise
    return Outcome(_tell(tally, arrival.snapshot_date, current))


def _limits(settings: Settings) -> Limits:
    return Limits(
        settings.rejected_share_limit, settings.row_drop_limit, settings.row_growth_limit, settings.new_categories
    )


def _screen(
    extract: Extract,
    opened: Opened,
    mapping: Mapping,
    limits: Limits,
    tally: Tally,
    current: Load | None,
    before: Load | None,
) -> Iterator[Screened]:
    """Yields screened batches and refuses the file, before the last is committed, when it breaks a limit."""
    tally.extras = opened.header.extras
    for batch in opened.batches:
        if opened.header.is_correction:
            check_corrects(extract.name, batch.rows[LOAD_COLUMN], current.load_id if current else None)
        screened = screen_rows(batch, opened.header, mapping, limits.new_categories == "accept")
        tally.add(screened)
        check_hope(extract.name, tally, opened.most_rows, limits)
        yield screened
    check_unchanged(extract)
    # The first real file is not compared with synthetic customers, nor the other way round.
    is_comparable = before is not None and before.origin == tally.origin
    check_limits(extract.name, tally, before.rows_accepted if before and is_comparable else None, limits)
    if opened.header.is_correction and current is not None:
        check_all_came_back(extract.name, tally.rows_read - tally.kept, current.rows_rejected)


def _locate(twice: DuplicateCustomer, extract: Extract, mapping: Mapping, max_bytes: int) -> ContractBroken:
    """Finds the rows of a customer who is in the file twice: the database knows only who it is."""
    with open_batches(extract.path, extract.name, mapping, max_bytes) as opened:
        rows = [
            str(number)
            for batch in opened.batches
            for number in batch.rows.filter(batch.rows["customer_id"].str.strip_chars() == twice.customer_id)[
                ROW_NUMBER
            ]
        ]
    where = f", in rows {' and '.join(rows[:5])}" if len(rows) > 1 else ": the snapshot it is added to has it"
    return DuplicateCustomer(extract.name, twice.customer_id, where)


def _tell(tally: Tally, snapshot_date: date, replaced: Load | None) -> str:
    told = [f"{tally.customers:,} customers as of {snapshot_date}"]
    if tally.kept:
        told.append(f"{tally.accepted:,} of them corrected")
    if tally.rejected:
        told.append(f"{tally.rejected:,} row{'' if tally.rejected == 1 else 's'} set aside (churn rejects)")
    if replaced is not None:
        told.append(f"replacing load {replaced.load_id}")
    return "; ".join([", ".join(told), *tally.notes()])


def validate_extract(settings: Settings, snapshot_date: date) -> Outcome:
    """Checks that the database holds the snapshot the ledger says it holds: rows and money.

    Raises:
        NotLoaded: nothing was loaded for the date.
        ContractBroken: something else changed its rows.
    """
    engine = open_engine(settings)
    load = loads.require_load(engine, snapshot_date)
    count, monthly_charges = snapshots.count_snapshot(engine, snapshot_date)
    if count != load.rows_accepted or round(monthly_charges - load.monthly_charges_total, 2):
        raise ContractBroken(
            f"raw_data.telco_churn_raw holds {count:,} rows billing {monthly_charges:,.2f} for {snapshot_date}; "
            f"load {load.load_id} wrote {load.rows_accepted:,} billing {load.monthly_charges_total:,.2f}.",
            "something else changed the table; load the extract again from a changed file or restore it.",
        )
    return Outcome(f"{count:,} customers billing {monthly_charges:,.2f} USD a month, as the ledger says")

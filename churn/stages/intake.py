"""Loads an extract: checks it against the contract, keeps the ledger of loads, and verifies the stored snapshot."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from churn.contracts.money import use_currency
from churn.errors import ChurnError, ContractBroken
from churn.intake.batches import ROW_NUMBER, Opened
from churn.intake.core import make_core
from churn.intake.corrections import LOAD_COLUMN, check_all_came_back, check_corrects
from churn.intake.declaring import adopt
from churn.intake.extract_form import ExtractForm
from churn.intake.forgotten import Forgotten, leave_out
from churn.intake.limits import Limits, Tally, check_hope, check_limits
from churn.intake.reading import open_batches
from churn.intake.reading_ahead import read_ahead
from churn.intake.screening import Screened, screen_rows
from churn.intake.second_files import join_second_files, read_second_files, refuse_strangers
from churn.intake.sources import Extract, check_unchanged, open_extract
from churn.intake.wholesale import check_tenure, describe_ids
from churn.settings import Settings
from churn.stages import Outcome
from churn.stages.last_snapshot import compare_with_last
from churn.stages.stored_loads import announce, find_damage, folder_of, is_stored, tell_charges, tell_same
from churn.stores.ledgers import erasures, loads
from churn.stores.ledgers.loads import Arrival, Load
from churn.stores.postgres.locks import PATIENCE, Lock, hold_lock
from churn.stores.rows import snapshots
from churn.stores.rows.snapshots import DuplicateCustomer
from churn.stores.workplace import Workplace
from churn.timeline import check_snapshot_date, today

if TYPE_CHECKING:
    from sqlalchemy import Engine


def load_extract(
    workplace: Workplace, source: str | Path, snapshot_date: date, declaration_path: Path | None = None
) -> Outcome:
    """Loads a customer extract as the snapshot of a date, and replaces an earlier snapshot of that date.

    If the date already has the same content, and its stored rows still agree with the ledger, the load ends before the
    file is parsed and changes nothing. Rows that another program deleted or changed are loaded again. Only one load
    runs at a time; another one waits.

    Args:
        workplace: the settings, with the limits that an extract must keep, and the database.
        source: a path, a file: or http(s): address, or - for standard input.
        snapshot_date: the business date of the extract.
        declaration_path: a TOML file that says what the extract holds and how it is written.

    Raises:
        WrongUsage: the file does not exist, or an extract cannot have that date.
        Unavailable: the address did not answer in time.
        ContractBroken: the whole file is refused. Nothing of it is stored except its row in the ledger of loads.
    """
    check_snapshot_date(snapshot_date, today())
    extract_form = adopt(workplace.settings, declaration_path)
    engine = workplace.engine
    # The extract is opened before the lock is taken, so that a slow download does not make other loads wait.
    with open_extract(workplace.settings, str(source)) as extract, hold_lock(engine, Lock.LOADS, PATIENCE):
        arrival = announce(workplace.settings, extract, snapshot_date, extract_form)
        current = loads.find_current_load(engine, snapshot_date)
        if current is not None and is_stored(engine, current, arrival):
            return Outcome(tell_same(current), True)
        return _take_in(workplace, extract, arrival, extract_form, current)


def _take_in(
    workplace: Workplace, extract: Extract, arrival: Arrival, extract_form: ExtractForm, current: Load | None
) -> Outcome:
    """Opens a row in the ledger, replaces the snapshot and returns a summary. A refusal is recorded in that row."""
    engine, settings, tally = workplace.engine, workplace.settings, Tally()
    load_id = loads.open_load(engine, arrival)
    limits = _limits(settings)
    before, forgotten = loads.find_load_before(engine, arrival.snapshot_date), erasures.find_forgotten(engine)
    max_bytes = settings.max_extract_megabytes * 1_000_000
    try:
        _refuse_other_currency(engine, arrival)
        with open_batches(extract.path, extract.name, extract_form, max_bytes) as opened:
            if opened.header.is_correction and current is not None:
                tally.keep(current.rows_accepted, current.monthly_charges_total, current.origin)
            # The batches come from a generator that runs in another thread. Leaving the block ends that thread, also
            # after an error, before `opened` is closed: otherwise the thread would read a closed file.
            day = arrival.snapshot_date
            tally.seconds = read_second_files(extract_form, folder_of(extract), day, max_bytes, extract.name)
            opened = replace(opened, batches=join_second_files(opened.batches, extract_form, tally.seconds, day))
            screened = _screen(extract, opened, extract_form, limits, tally, current, before, day, forgotten)
            compared = chain(screened, compare_with_last(workplace, extract.name, tally, before))
            with read_ahead(compared) as batches:
                snapshots.replace_snapshot(engine, load_id, arrival, extract_form.declaration, batches, tally)
        use_currency(arrival.currency)  # The first extract of a home decides it.
    except DuplicateCustomer as twice:
        located = _locate(twice, extract, extract_form, max_bytes)
        loads.refuse_load(engine, load_id, located.fact, tally)
        raise located from None  # A traceback through the database's error would name the customer in logs.
    except ChurnError as refusal:
        loads.refuse_load(engine, load_id, refusal.fact, tally)
        raise
    return Outcome(_summarise(tally, arrival.snapshot_date, current))


def _refuse_other_currency(engine: "Engine", arrival: Arrival) -> None:
    """Refuses an extract in another currency than that of the other days: a trend over both would add them.

    Raises:
        ContractBroken: the declaration names another currency.
    """
    other = next((one for one in loads.find_current_loads(engine) if one.snapshot_date != arrival.snapshot_date), None)
    if other is not None and other.currency != arrival.currency:
        raise ContractBroken(
            f"The money of {arrival.name} is in {arrival.currency} by its declaration, but that of "
            f"{other.snapshot_date} is in {other.currency}: two currencies are never added.",
            "correct currency in [extract] of the declaration, or keep the other currency in a home of its own with "
            "CHURN_HOME.",
        )


def _limits(settings: Settings) -> Limits:
    return Limits(
        settings.rejected_share_limit, settings.row_drop_limit, settings.row_growth_limit, settings.new_categories
    )


def _screen(
    extract: Extract,
    opened: Opened,
    extract_form: ExtractForm,
    limits: Limits,
    tally: Tally,
    current: Load | None,
    before: Load | None,
    snapshot_date: date,
    forgotten: Forgotten,
) -> Iterator[Screened]:
    """Yields screened batches, and refuses the file if it breaks a limit.

    The limits of the whole file can be checked only after its last batch. `replace_snapshot` is then still in its
    transaction, so that the error raised here rolls back every batch.
    """
    tally.extras = opened.header.extras
    for batch in opened.batches:
        if opened.header.is_correction:
            check_corrects(extract.name, batch.rows[LOAD_COLUMN], current.load_id if current else None)
        screened = screen_rows(batch, opened.header, extract_form, limits.new_categories == "accept", snapshot_date)
        screened = leave_out(screened, forgotten)
        tally.add(screened)
        check_hope(extract.name, tally, opened.most_rows, limits)
        yield screened
    # A file that was replaced while it was read would be stored under the digest of the earlier one.
    check_unchanged(extract)
    refuse_strangers(tally.seconds, extract.name)
    _check_size(extract, tally, before, limits)
    if opened.header.is_correction and current is not None:
        check_all_came_back(extract.name, tally.rows_read - tally.kept, current.rows_rejected)
    else:
        _check_words(extract, tally, extract_form)


def _check_size(extract: Extract, tally: Tally, before: Load | None, limits: Limits) -> None:
    """Refuses a file with too many rejected rows, or with far fewer or more customers than the snapshot before it."""
    # The number of customers in a real extract says nothing about a synthetic one, so the two are not compared.
    is_comparable = before is not None and before.origin == tally.origin
    check_limits(extract.name, tally, before.rows_accepted if before and is_comparable else None, limits)


def _check_words(extract: Extract, tally: Tally, extract_form: ExtractForm) -> None:
    """Notes odd customer numbers; refuses a file whose tenure does not look like months."""
    tally.warnings = describe_ids(tally.sample)
    if extract_form.tenure_unit is None:
        check_tenure(extract.name, tally.sample)


def _locate(twice: DuplicateCustomer, extract: Extract, extract_form: ExtractForm, max_bytes: int) -> ContractBroken:
    """Finds the rows of a customer who is in the file twice. The error of the database names only the customer."""
    with open_batches(extract.path, extract.name, extract_form, max_bytes) as opened:
        numbers = [
            str(number)
            for batch in opened.batches
            for rows in [make_core(batch.rows, extract_form, today())]
            for number in rows.filter(rows["customer_id"].str.strip_chars() == twice.customer_id)[ROW_NUMBER]
        ]
    where = (
        f", in rows {' and '.join(numbers[:5])}"
        if len(numbers) > 1
        else f", in row {''.join(numbers)} and in the snapshot that it corrects"
    )
    return DuplicateCustomer(extract.name, twice.customer_id, where)


def _summarise(tally: Tally, snapshot_date: date, replaced: Load | None) -> str:
    parts = [f"{tally.customers:,} customers as of {snapshot_date}"]
    if tally.kept:
        parts.append(f"{tally.accepted:,} of them corrected")
    if tally.rejected:
        rows = "1 row" if tally.rejected == 1 else f"{tally.rejected:,} rows"
        parts.append(f"{rows} rejected (see `churn rejects`)")
    if replaced is not None:
        parts.append(f"replacing load {replaced.load_id}")
    return "; ".join([", ".join(parts), *tally.notes()])


def validate_extract(workplace: Workplace, snapshot_date: date) -> Outcome:
    """Checks that the stored snapshot has the number of rows and the sum of charges that the ledger of loads records.

    Raises:
        NotLoaded: no extract of the date is loaded.
        ContractBroken: another program changed the rows of the snapshot.
    """
    engine = workplace.engine
    load = loads.require_load(engine, snapshot_date)
    if damage := find_damage(engine, load):
        raise ContractBroken(
            f"{damage} Another program changed the table.",
            f"run `churn run --source FILE --as-of {snapshot_date}` with the same extract; it is loaded again.",
        )
    charges = tell_charges(load.monthly_charges_total)
    return Outcome(f"{load.rows_accepted:,} customers with {charges}, as load {load.load_id} recorded")

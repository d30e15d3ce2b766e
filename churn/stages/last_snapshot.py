"""Compares the customers of a file with the same customers in the last snapshot."""

from collections.abc import Iterator

from churn.intake.limits import Tally
from churn.intake.screening import Screened
from churn.intake.wholesale import WORD_COLUMNS, compare_customers, compare_numbers, refuse_changes
from churn.stores.ledgers.loads import Load
from churn.stores.rows import snapshots
from churn.stores.workplace import Workplace


def compare_with_last(workplace: Workplace, name: str, tally: Tally, before: Load | None) -> Iterator[Screened]:
    """Refuses a file whose customers, charges or words changed as a whole since the last snapshot, or notes it.

    It yields nothing. As the end of the batches it runs in the transaction that stores them, so that an error raised
    here rolls back every batch.
    """
    if before is None or before.origin != tally.origin or tally.kept:
        return
    sample = tally.sample
    ids = sample["customer_id"].to_list()
    columns = tuple(name for name in ("monthly_charges", *WORD_COLUMNS) if name in sample.columns)
    known = snapshots.read_customers(workplace.engine, before.snapshot_date, ids, columns)
    # Spreadsheets write the number 1001 as 1001.0. In that form every customer would look new.
    others = [other for one in set(ids) - set(known["customer_id"]) for other in (f"{one}.0", one.removesuffix(".0"))]
    is_other_form = not snapshots.read_customers(workplace.engine, before.snapshot_date, others, ()).is_empty()
    changes = [*compare_numbers(len(ids), known.height, is_other_form), *compare_customers(sample, known)]
    if workplace.settings.wholesale_changes == "refuse":
        refuse_changes(name, changes)
    tally.warnings += [change.fact for change in changes]
    # A yield anywhere makes this a generator, so that it runs only when the batches before it are used up.
    yield from ()

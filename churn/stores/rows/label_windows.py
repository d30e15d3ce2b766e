"""Stores the label windows: which extracts label an as-of date, and how many customers each rule labelled."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from churn.contracts.horizons import LabelRules
from churn.learning.labels import LabelledWindow
from churn.learning.windows import Window, find_windows
from churn.stores.ledgers.loads import Load, find_current_loads
from churn.stores.postgres.tables import label_windows
from churn.stores.rows.enrolled import ENROLLED


def refresh_windows(engine: Engine) -> None:
    """Brings the stored windows up to date with the current loads, by the rules of the newest load.

    Only windows whose loads or rules changed are counted again. A window waits until the features of all its days are
    refreshed: a run of a folder loads every file first, and an extract without features would show nobody who left.
    """
    loads = find_current_loads(engine)
    if not loads:
        return
    rules = loads[-1].label_rules
    found = find_windows([load.snapshot_date for load in loads], rules)
    with engine.begin() as connection:
        ready = _find_ready(connection, loads)
        complete = {window: within for window in found if (within := _find_loads(window, loads)) <= ready}
        fresh = {window: _fingerprint(window, rules, within) for window, within in complete.items()}
        query = sa.select(label_windows.c.inputs_sha256)
        stored = set(connection.scalars(query))
        outdated = sa.delete(label_windows).where(label_windows.c.inputs_sha256.not_in(fresh.values()))
        # Before the new windows: a date has one window, and the changed one takes the place of the outdated one.
        connection.execute(outdated)
        missing = {window: inputs for window, inputs in fresh.items() if inputs not in stored}
        _insert(connection, missing, rules.left, str(rules.horizon))


def _find_ready(connection: Connection, loads: Sequence[Load]) -> set[int]:
    """Returns the loads whose rows are in staging. A corrected day is not ready until its rows are refreshed."""
    # One row of each day is enough, since a day is refreshed as a whole. The index over the grain finds it.
    query = sa.text("""
        SELECT load_id FROM unnest(CAST(:days AS date[]), CAST(:ids AS bigint[])) AS asked(snapshot_date, load_id)
        WHERE load_id = (SELECT load_id FROM staging.stg_telco_churn AS staged
                         WHERE staged.snapshot_date = asked.snapshot_date LIMIT 1)
    """)
    asked = {"days": [load.snapshot_date for load in loads], "ids": [load.load_id for load in loads]}
    return set(connection.scalars(query, asked))


def _find_loads(window: Window, loads: Sequence[Load]) -> set[int]:
    """Returns the loads that the labels of a window come from."""
    last = window.after_date or window.label_date
    return {load.load_id for load in loads if window.as_of_date <= load.snapshot_date <= last}


def _fingerprint(window: Window, rules: LabelRules, load_ids: set[int]) -> str:
    return hashlib.sha256(f"{window} {rules} {sorted(load_ids)}".encode()).hexdigest()


def _insert(connection: Connection, windows: dict[Window, str], left_by: str, horizon: str) -> None:
    """Stores windows and counts their labels; a date without an active customer is left out."""
    if not windows:
        return
    counts = dict.fromkeys(("customers", "leavers", "by_mark", "by_date", "by_absence", "censored"), 0)
    named = {f"{name}_count": count for name, count in counts.items()}
    rows = [
        {**asdict(window), **named, "left_by": left_by, "horizon": horizon, "inputs_sha256": inputs}
        for window, inputs in windows.items()
    ]
    connection.execute(sa.insert(label_windows), rows)
    _count(connection, [window.as_of_date for window in windows])
    connection.execute(sa.delete(label_windows).where(label_windows.c.customers_count == 0))


def count_again(engine: Engine, days: Sequence[date]) -> None:
    """Counts the labels of dates again, after rows were deleted that no load replaced."""
    with engine.begin() as connection:
        # A home whose SQL models were never deployed has no such view, and no labels to count.
        if connection.scalar(sa.text("SELECT to_regclass('analytics.training_examples') IS NOT NULL")):
            _count(connection, days)


def _count(connection: Connection, days: Sequence[date]) -> None:
    connection.execute(sa.text(_COUNT), {"days": list(days)})


# The view analytics.training_examples joins the stored windows, so they are stored first and counted afterwards.
_COUNT = f"""
    UPDATE analytics.label_windows AS windows SET
        customers_count = counted.customers, leavers_count = counted.leavers, by_mark_count = counted.by_mark,
        by_date_count = counted.by_date, by_absence_count = counted.by_absence, censored_count = counted.censored,
        contacted_count = counted.contacted, involuntary_count = counted.involuntary
    FROM unnest(CAST(:days AS date[])) AS asked(as_of_date)
    CROSS JOIN LATERAL (
        SELECT count(*) AS customers, count(*) FILTER (WHERE left_within_window) AS leavers,
            count(*) FILTER (WHERE labelled_by = 'mark') AS by_mark,
            count(*) FILTER (WHERE labelled_by = 'date') AS by_date,
            count(*) FILTER (WHERE labelled_by = 'absence') AS by_absence,
            count(*) FILTER (WHERE labelled_by = 'censored') AS censored,
            count(*) FILTER (WHERE is_contacted) AS contacted,
            count(*) FILTER (WHERE labelled_by = 'involuntary') AS involuntary
        FROM analytics.training_examples {ENROLLED} WHERE as_of_date = asked.as_of_date
    ) AS counted
    WHERE windows.as_of_date = asked.as_of_date
"""


def read_windows(engine: Engine) -> list[LabelledWindow]:
    """Returns the stored windows with the counts of their labels, in order of date."""
    query = sa.select(label_windows).order_by(label_windows.c.as_of_date)
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        LabelledWindow(
            window=Window(**{name: row[name] for name in Window.__dataclass_fields__}),
            **{name: row[name] for name in LabelledWindow.__dataclass_fields__ if name != "window"},
        )
        for row in rows
    ]

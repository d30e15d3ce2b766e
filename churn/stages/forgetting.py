"""Forgets a customer: deletes every row and trace, keeps counts and a salted digest, and names what it cannot reach."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from churn.errors import NotThere, WrongUsage
from churn.stages import Outcome, counted, one_pipeline
from churn.stores import sql_models
from churn.stores.keeping.erasing import Erased, erase_rows
from churn.stores.keeping.holdings import list_tables
from churn.stores.keeping.traces import clean_home, clear_log, rewrite_tables
from churn.stores.ledgers.backups import read_backups
from churn.stores.ledgers.erasures import find_erasure, record_erasure
from churn.stores.rows import label_windows
from churn.stores.sql_models import RISK_MODELS
from churn.stores.workplace import Workplace
from churn.timeline import unbroken_ranges

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Remains:
    """What this program does not reach, for a person to delete.

    Attributes:
        backups: the backup files taken since the customer's first row was stored.
        files: the extracts that had the customer, and the files of contacts.
        is_own_database: whether a team's own Postgres keeps the rows in its files for a while.
    """

    backups: list[str]
    files: list[str]
    is_own_database: bool


@dataclass(frozen=True)
class Forgetting:
    """What was deleted, and what remains elsewhere."""

    outcome: Outcome
    remains: Remains


def forget_customer(workplace: Workplace, customer_id: str, person: str, why: str) -> Forgetting:
    """Deletes a customer from every table and file, and keeps later loads from taking the number in again.

    Every published date is computed again without the customer: its figures go down by one customer, and
    `forgotten_count` says so. If the process is killed, the same command continues.

    Raises:
        WrongUsage: the number is blank.
        NotThere: no table holds the customer, and nobody has forgotten the number before.
        Busy: a run is at work.
    """
    number = customer_id.strip()
    if not number:
        raise WrongUsage("The customer number is blank.", "give the number as your extract has it.")
    with one_pipeline(workplace):
        engine = workplace.engine
        erased, was_known = _erase(engine, number, person, why)
        if not erased.rows and not was_known:
            raise NotThere(
                "No table holds a customer with this number.", "check the number; upper and lower case count."
            )
        # After the commit, since SQLMesh reads with connections of its own. A process that dies in between has written
        # the ledger: the same command finds the number there and continues.
        _compute_again(workplace, engine, erased)
        if workplace.settings.database_url is None:
            # A repeated command deletes no row, and cannot know which tables the first one rewrote: it rewrites all.
            rewrite_tables(engine, erased.rows or _list_holders(engine))
            clear_log(engine)
        cleaned = clean_home(workplace.settings.home_dir, number)
    return Forgetting(_summarise(erased, cleaned), _find_remains(workplace, engine, erased))


def _erase(engine: "Engine", number: str, person: str, why: str) -> tuple[Erased, bool]:
    """Deletes the rows and writes the ledger in one transaction. Returns also whether it was forgotten before."""
    with engine.begin() as connection:
        last = find_erasure(connection, number)
        was_forgotten = last is not None and last.decision == "forgotten"
        erased = erase_rows(connection, number)
        if erased.rows:
            record_erasure(connection, number, "forgotten", person, why, sum(erased.rows.values()), len(erased.days))
    return erased, was_forgotten


def _compute_again(workplace: Workplace, engine: "Engine", erased: Erased) -> None:
    """Computes what is added up over customers: the marts of each scored date, and the counts of labels."""
    for unbroken in unbroken_ranges(erased.scored_days):
        sql_models.refresh(workplace, "analytics.predictions", RISK_MODELS, unbroken)
    label_windows.count_again(engine, erased.days)
    sql_models.repair_days(workplace)


def _list_holders(engine: "Engine") -> list[str]:
    with engine.connect() as connection:
        return list_tables(connection)


def _find_remains(workplace: Workplace, engine: "Engine", erased: Erased) -> Remains:
    backups = [
        backup.path for backup in read_backups(engine) if erased.since is None or backup.taken_at >= erased.since
    ]
    files = [*erased.sources, *erased.files]
    return Remains(
        backups, [file for file in files if _may_hold(workplace, file)], workplace.settings.database_url is not None
    )


def _may_hold(workplace: Workplace, file: str) -> bool:
    """Returns whether a file or address is outside the home: `clean_home` has cleaned what is inside."""
    return not Path(file).is_relative_to(workplace.settings.home_dir)


def _summarise(erased: Erased, cleaned: list[Path]) -> Outcome:
    count, files = sum(erased.rows.values()), f"{counted(len(cleaned), 'file')} cleaned"
    if not count:
        return Outcome(f"the customer was forgotten before: no row was left; {files}", not cleaned)
    tables = ", ".join(f"{name} {rows:,}" for name, rows in sorted(erased.rows.items()))
    return Outcome(
        f"Deleted: {counted(count, 'row')} of {counted(len(erased.days), 'day')} ({tables}); {files}. "
        "Loads leave this number out from now on"
    )


def readmit_customer(workplace: Workplace, customer_id: str, person: str, why: str) -> Outcome:
    """Lets a number be loaded again that was forgotten, for example because a new customer has it.

    Raises:
        NotThere: the number is not forgotten.
    """
    with one_pipeline(workplace), workplace.engine.begin() as connection:
        last = find_erasure(connection, customer_id)
        if last is None or last.decision != "forgotten":
            raise NotThere(
                "No customer with this number was forgotten.", "check the number; upper and lower case count."
            )
        record_erasure(connection, customer_id, "readmitted", person, why)
    return Outcome("the next extract with this number is loaded with its customer; what was deleted stays deleted")

"""Migrates the tables of an earlier release to those of this release, with numbered SQL files.

Each migration is a file in `migrations/`: its first line says what it does, and statements follow. A database records
its migrations in ops.schema_versions. A new database is created as `tables` declares it, with all migrations recorded.
Migrations are plain SQL, not Alembic: a database administrator can read and run them, and opening a database needs no
further import.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import CheckConstraint, Connection, insert, inspect, select, text

from churn.errors import ChurnError
from churn.stores.postgres import tables

FOLDER = Path(__file__).with_name("migrations")


@dataclass(frozen=True)
class Migration:
    """One migration.

    Attributes:
        version: the number of the migration; the first one is 1. A step that only restores checks has 0, and no record.
        purpose: one sentence about what it does.
        statements: the SQL, which runs in one transaction with all other migrations of an upgrade.
        sha256: the digest of the file.
    """

    version: int
    purpose: str
    statements: str
    sha256: str


class OutdatedDatabase(ChurnError):
    """The tables are from an earlier release, and only their owner may upgrade them."""

    def __init__(self, pending: Sequence[Migration]) -> None:
        steps = "1 upgrade step is missing" if len(pending) == 1 else f"{len(pending)} upgrade steps are missing"
        super().__init__(
            f"The tables of the database are from an earlier release: {steps}.",
            "run `churn db upgrade` as the owner of the tables; it shows the steps and asks before it runs them.",
        )


class NewerDatabase(ChurnError):
    """The tables are from a later release, and this program could damage them."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(
            f"The tables of the database are from a later release: they have version {version}, "
            f"this program has version {known}.",
            "install the later release of churn.",
        )


@cache
def list_migrations() -> tuple[Migration, ...]:
    """Returns every migration of this release, in order."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.sql")))


def _read(path: Path) -> Migration:
    content = path.read_text(encoding="utf-8")
    purpose, _, statements = content.removeprefix("-- ").partition("\n")
    return Migration(int(path.name[:4]), purpose, statements, hashlib.sha256(content.encode()).hexdigest())


def find_pending(connection: Connection) -> list[Migration]:
    """Returns the pending migrations of a database, in order. Without ops.schema_versions, all are pending.

    A database without pending migrations may still need a step that restores changed checks.

    Raises:
        NewerDatabase: the database has a migration that this release does not have.
    """
    known = list_migrations()
    newest, taken = max(step.version for step in known), _read_taken(connection)
    if taken and max(taken) > newest:
        raise NewerDatabase(max(taken), newest)
    # Not only those above the highest: two branches may have added a number each, and the lower one came later.
    return [step for step in known if step.version not in taken] or restore_checks(connection)


def restore_checks(connection: Connection) -> list[Migration]:
    """Returns a step that restores the checks of tables whose words or bounds are not those of this release.

    A check may have been changed by hand, or by a release before there were migrations. Rows of this release would be
    refused by it. Returns an empty list if every check is as `tables` declares it.
    """
    found = {(table, name): rule for table, name, rule in connection.execute(text(_CHECKS))}
    tables_there = {table for table, _ in found}
    changed = [
        (table.fullname, str(check.name), str(check.sqltext))
        for table in tables.metadata.sorted_tables
        for check in sorted(table.constraints, key=lambda one: str(one.name))
        if isinstance(check, CheckConstraint) and table.fullname in tables_there
        if _constants(found.get((table.fullname, str(check.name)))) != _constants(str(check.sqltext))
    ]
    statements = "; ".join(
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} CHECK ({rule})"
        for table, name, rule in changed
    )
    names = ", ".join(f"{name} of {table}" for table, name, _ in changed)
    return [Migration(0, f"Checks are those of this release again: {names}.", statements, "")] if changed else []


_CHECKS = """
    SELECT tables.oid::regclass::text, checks.conname, pg_get_constraintdef(checks.oid)
    FROM pg_class AS tables LEFT JOIN pg_constraint AS checks ON checks.conrelid = tables.oid AND checks.contype = 'c'
    WHERE tables.relkind = 'r' AND tables.relnamespace::regnamespace::text IN ('raw_data', 'analytics', 'ops')
"""


def _constants(rule: str | None) -> frozenset[tuple[str, str]] | None:
    """Returns the words and numbers of a check. Postgres keeps the rest in a form of its own: `IN (...)` as `ANY`."""
    return None if rule is None else frozenset(re.findall(r"'((?:[^']|'')*)'|(?<![\w.])(\d+(?:\.\d+)?)", rule))


def _read_taken(connection: Connection) -> set[int]:
    if not inspect(connection).has_table(tables.schema_versions.name, str(tables.schema_versions.schema)):
        return set()
    return set(connection.scalars(select(tables.schema_versions.c.version)))


def take_steps(connection: Connection, steps: Sequence[Migration]) -> None:
    """Runs migrations within the transaction of the connection: all of them, or none if one fails."""
    for step in steps:
        # text() would take `:name` in the SQL, and the second colon of a cast, for a parameter.
        connection.execute(text(step.statements.replace(":", "\\:")))
    record_steps(connection, steps)


def record_steps(connection: Connection, steps: Sequence[Migration]) -> None:
    """Records migrations that were run, or that a new database already contains."""
    rows = [{"version": one.version, "purpose": one.purpose, "sha256": one.sha256} for one in steps if one.version]
    if rows:
        connection.execute(insert(tables.schema_versions), rows)


def is_empty(connection: Connection) -> bool:
    """Returns whether a database has none of the product's tables yet."""
    return not inspect(connection).has_table(tables.loads.name, str(tables.loads.schema))

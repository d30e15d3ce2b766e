"""Migrates the tables of an earlier release to those of this release, with numbered SQL files.

Each migration is a file in `migrations/`: its first line says what it does, and statements follow. A database records
its migrations in ops.schema_versions. A new database is created as `tables` declares it, with all migrations recorded.
Migrations are plain SQL, not Alembic: a database administrator can read and run them, and opening a database needs no
further import.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, text

from churn.errors import ChurnError
from churn.stores.postgres import tables

FOLDER = Path(__file__).with_name("migrations")


@dataclass(frozen=True)
class Migration:
    """One migration.

    Attributes:
        version: the number of the migration; the first one is 1.
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

    Raises:
        NewerDatabase: the database has a migration that this release does not have.
    """
    known = list_migrations()
    newest, taken = max(step.version for step in known), _read_taken(connection)
    if taken and max(taken) > newest:
        raise NewerDatabase(max(taken), newest)
    return [step for step in known if step.version not in taken]


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
    rows = [{"version": step.version, "purpose": step.purpose, "sha256": step.sha256} for step in steps]
    if rows:
        connection.execute(insert(tables.schema_versions), rows)


def is_empty(connection: Connection) -> bool:
    """Returns whether a database has none of the product's tables yet."""
    return not inspect(connection).has_table(tables.loads.name, str(tables.loads.schema))

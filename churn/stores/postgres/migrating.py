"""From the tables of an earlier release to those of this one, in numbered steps of SQL.

Each step is a file of `migrations/`: a first line that says what it does, then statements. A database keeps the
number of every step it has taken in ops.schema_versions; a new one is made as `tables` declares it and starts with all.
Plain SQL and not Alembic: a database administrator can read and run it, and opening a database imports nothing more.
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
    """One step.

    Attributes:
        version: its number; the first is 1.
        purpose: what it does, in one sentence.
        statements: SQL, run in one transaction with every other step of an upgrade.
        sha256: of the file.
    """

    version: int
    purpose: str
    statements: str
    sha256: str


class OutdatedDatabase(ChurnError):
    """The tables are those of an earlier release; somebody who owns them has to upgrade them."""

    def __init__(self, pending: Sequence[Migration]) -> None:
        steps = "1 step" if len(pending) == 1 else f"{len(pending)} steps"
        super().__init__(
            f"The database is of an earlier release: {steps} of its tables are missing.",
            "run `churn db upgrade` as the owner of the tables; it shows the steps and asks before it takes them.",
        )


class NewerDatabase(ChurnError):
    """The tables are those of a later release, which this program might damage."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(
            f"The database is of a later release: its tables are of version {version}, this program knows {known}.",
            "install the later release of churn.",
        )


@cache
def list_migrations() -> tuple[Migration, ...]:
    """Returns every step that this release knows, in order."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.sql")))


def _read(path: Path) -> Migration:
    content = path.read_text(encoding="utf-8")
    purpose, _, statements = content.removeprefix("-- ").partition("\n")
    return Migration(int(path.name[:4]), purpose, statements, hashlib.sha256(content.encode()).hexdigest())


def find_pending(connection: Connection) -> list[Migration]:
    """Returns the steps that a database has not taken, in order; all of a database from before there were any.

    Raises:
        NewerDatabase: it has taken steps that this release does not know.
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
    """Takes steps in the connection's transaction: all of them or, if one fails, none."""
    for step in steps:
        connection.execute(text(step.statements.replace(":", "\\:")))
    record_steps(connection, steps)


def record_steps(connection: Connection, steps: Sequence[Migration]) -> None:
    """Keeps that steps were taken, or that a new database was made with what they bring."""
    rows = [{"version": step.version, "purpose": step.purpose, "sha256": step.sha256} for step in steps]
    if rows:
        connection.execute(insert(tables.schema_versions), rows)


def is_empty(connection: Connection) -> bool:
    """Whether a database holds none of the product's tables yet."""
    return not inspect(connection).has_table(tables.loads.name, str(tables.loads.schema))

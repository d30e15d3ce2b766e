"""The append-only ledger of backup files, so that an erasure can name the files that still hold a person."""

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.stores.postgres.keeping_tables import backups


@dataclass(frozen=True)
class Backup:
    """One backup file.

    Attributes:
        taken_at: when its rows were read, UTC.
        path: where it was written; people may have moved it since.
        sha256: the digest of the file.
        bytes: its size.
    """

    taken_at: datetime
    path: str
    sha256: str
    bytes: int


def record_backup(engine: Engine, backup: Backup) -> None:
    """Appends a backup file to the ledger."""
    with engine.begin() as connection:
        connection.execute(sa.insert(backups).values(asdict(backup)))


def read_backups(engine: Engine) -> list[Backup]:
    """Returns every backup file, the oldest first."""
    chosen = [backups.c[name] for name in Backup.__dataclass_fields__]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*chosen).order_by(backups.c.backup_id)).mappings()
        return [Backup(**row) for row in rows]

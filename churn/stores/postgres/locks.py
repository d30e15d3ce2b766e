"""Locks for work that only one process at a time may do on a database."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import Busy


class Lock(StrEnum):
    """Work that only one process at a time may do on a database."""

    PIPELINE = "pipeline"
    LOADS = "loads"
    TRANSFORMS = "transforms"


@contextmanager
def hold_lock(engine: Engine, lock: Lock, wait: bool = False) -> Iterator[Callable[[], bool]]:
    """Holds an advisory lock for the block. Postgres releases it when the process ends, also when it is killed.

    Yields:
        A function that returns whether the lock is still held. A restart of the server releases it.

    Raises:
        Busy: another process holds the lock, and `wait` is False.
    """
    # An advisory lock belongs to one connection, so this connection stays open for the whole block. AUTOCOMMIT matters:
    # an open transaction would stay idle for hours and keep VACUUM from removing dead rows.
    key = zlib.crc32(f"churn.{lock}".encode())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if wait:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        elif not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise Busy(
                f"Another {lock} run is at work on this database.",
                "wait until it ends. The view pg_locks lists its connection, with locktype 'advisory'.",
            )

        def is_held() -> bool:
            try:
                connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
            return True

        try:
            yield is_held
        finally:
            # The pool keeps the connection, and with it the lock, so it must be released here. If the connection is
            # lost, the lock is gone, and the query below would hide the error of the block.
            if is_held():
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

"""What only one process may do at a time on one database."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import Busy


class Lock(StrEnum):
    """What only one process may do at a time on one database."""

    PIPELINE = "pipeline"
    LOADS = "loads"
    TRANSFORMS = "transforms"


@contextmanager
def hold_lock(engine: Engine, lock: Lock, wait: bool = False) -> Iterator[Callable[[], bool]]:
    """Holds an advisory lock for the block; it ends with the process, however that ends.

    Yields:
        What tells whether it is still held: a server that restarts takes it along.

    Raises:
        Busy: another process holds it and `wait` is False.
    """
    key = zlib.crc32(f"churn.{lock}".encode())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if wait:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        elif not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise Busy(
                f"Another {lock} run is at work on this database.",
                "wait for it to end; its connection is listed in pg_locks with locktype 'advisory'.",
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
            if is_held():
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

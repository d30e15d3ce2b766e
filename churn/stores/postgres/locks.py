"""Locks for work that only one process at a time may do on a database.

A lock is an advisory lock of Postgres, which belongs to a session and ends with it. A session can end while its process
is still at work: the server restarts, a firewall drops the connection. Another process may then take the lock. So each
taking of a lock raises a number in ops.lock_tokens, and every commit of a process that holds the lock first compares
that number with its own: what the earlier holder still writes is refused.
"""

import logging
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, event, select, text
from sqlalchemy.exc import SQLAlchemyError

from churn.errors import Busy, LockLost
from churn.stores.postgres.tables import lock_tokens

NO_WAIT = timedelta(0)
PATIENCE = timedelta(hours=2)
"""How long a run waits for another one: longer than a backfill of a year, shorter than a working morning."""
POLL_SECONDS = 0.25

_log = logging.getLogger("churn.locks")

# The condition on the transaction is false until it has written something: reading needs no proof, and FOR SHARE would
# turn a reading transaction into a writing one.
CURRENT_TOKEN = """
    SELECT token, holder FROM ops.lock_tokens
    WHERE lock = {} AND pg_current_xact_id_if_assigned() IS NOT NULL FOR SHARE
"""


class Lock(StrEnum):
    """Work that only one process at a time may do on a database."""

    PIPELINE = "pipeline"
    LOADS = "loads"
    TRANSFORMS = "transforms"


@contextmanager
def hold_lock(engine: Engine, lock: Lock, wait: timedelta = NO_WAIT) -> Iterator[Callable[[], bool]]:
    """Holds a lock for the block. Postgres releases it when the process ends, also when it is killed.

    Yields:
        A function that returns whether the session that holds the lock still exists.

    Raises:
        Busy: another process holds the lock, and still holds it after `wait`.
        LockLost: the block committed after another process had taken the lock.
    """
    # An advisory lock belongs to one connection, so this connection stays open for the whole block. AUTOCOMMIT matters:
    # an open transaction would stay idle for hours and keep VACUUM from removing dead rows.
    key = zlib.crc32(f"churn.{lock}".encode())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        keep_session(connection)
        _await(connection, lock, key, wait)

        def is_held() -> bool:
            try:
                connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
            return True

        try:
            with _fencing(engine, lock, _take_token(connection, lock)):
                yield is_held
        finally:
            # The pool keeps the connection, and with it the lock, so it must be released here. If the connection is
            # lost, the lock is gone, and the query below would hide the error of the block.
            if is_held():
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


def keep_session(connection: Connection) -> None:
    """Keeps the server from ending this session because it is idle. Postgres before 14 does not have that limit."""
    query = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
    connection.execute(text(query))


def _await(connection: Connection, lock: Lock, key: int, wait: timedelta) -> None:
    """Takes the advisory lock, asking again and again: a blocked statement would end at the statement's time limit."""
    deadline, is_told = time.monotonic() + wait.total_seconds(), False
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
        if time.monotonic() >= deadline:
            raise Busy(
                f"Another {lock} run is at work on this database{_name_holder(connection, lock)}.",
                "wait until it ends, or end its process, then run again.",
            )
        if not is_told:
            first = "Another %s run is at work on this database%s. This one waits for it, up to %d hours."
            _log.warning(first, lock, _name_holder(connection, lock), wait / timedelta(hours=1))
            is_told = True
        time.sleep(POLL_SECONDS)


def _name_holder(connection: Connection, lock: Lock) -> str:
    query = select(lock_tokens.c.holder, lock_tokens.c.taken_at).where(lock_tokens.c.lock == lock)
    found = connection.execute(query).one_or_none()
    return f" ({found.holder}, since {found.taken_at:%Y-%m-%d %H:%M} UTC)" if found else ""


def _take_token(connection: Connection, lock: Lock) -> int:
    """Raises the number of the lock and returns it. Waits for a commit of the earlier holder that is just under way."""
    statement = """
        INSERT INTO ops.lock_tokens (lock, token, holder, taken_at) VALUES (:lock, 1, :holder, now())
        ON CONFLICT (lock) DO UPDATE
        SET token = lock_tokens.token + 1, holder = excluded.holder, taken_at = excluded.taken_at
        RETURNING token
    """
    holder = f"process {os.getpid()} on {socket.gethostname()}"
    return int(connection.execute(text(statement), {"lock": lock, "holder": holder}).scalar_one())


@contextmanager
def _fencing(engine: Engine, lock: Lock, token: int) -> Iterator[None]:
    """Compares the token before each commit of the engine, within the transaction that commits."""
    held = find_held(engine)

    def compare(connection: Connection) -> None:
        found = connection.execute(text(CURRENT_TOKEN.format(":lock")), {"lock": lock}).one_or_none()
        refuse_other(lock, token, found)

    held[lock] = token
    event.listen(engine, "commit", compare)
    try:
        yield
    finally:
        event.remove(engine, "commit", compare)
        held.pop(lock, None)


def find_held(engine: Engine) -> dict[Lock, int]:
    """Returns the locks that this process holds by an engine, each with its token."""
    # The engine keeps them: whoever commits by it, or by a connection of SQLMesh opened beside it, must compare them.
    if (held := engine.get_execution_options().get("held_locks")) is None:
        engine.update_execution_options(held_locks=(held := {}))
    return held


def refuse_other(lock: Lock, token: int, found: Any) -> None:
    """Checks a row of `CURRENT_TOKEN` (None: the transaction wrote nothing) against the token that a process holds.

    Raises:
        LockLost: another process has taken the lock.
    """
    if found is not None and found[0] != token:
        raise LockLost(lock, str(found[1]))


def check_held(engine: Engine) -> None:
    """Checks that no other process has taken a lock that this process holds.

    Raises:
        LockLost: another process has taken one.
    """
    for lock, token in list(find_held(engine).items()):
        with engine.connect() as connection:
            query = select(lock_tokens.c.token, lock_tokens.c.holder).where(lock_tokens.c.lock == lock)
            refuse_other(lock, token, connection.execute(query).one_or_none())

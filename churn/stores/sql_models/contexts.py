"""The SQLMesh context: loaded once a process, used by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from churn.errors import Unavailable
from churn.settings import PROJECT_DIR, Settings, load_settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.locks import Lock, hold_lock
from churn.stores.sql_models.environment import prepare_environment

if TYPE_CHECKING:
    from sqlmesh.core.context import Context

TRANSFORMS_DIR = PROJECT_DIR / "transforms"

_turns = {"held": 0}
"""How deep this process is in blocks that hold the lock: an advisory lock belongs to a connection, and SQLMesh's plan
evaluator, called within such a block, must not wait for the lock of its own process."""


@contextmanager
def locked_context(settings: Settings) -> Iterator["Context"]:
    """Yields the context to one process at a time.

    Raises:
        TransformFailed: a file of the project cannot be read as a model.
        Unavailable: the database went away, whatever SQLMesh makes of it.
    """
    with hold_lock(open_engine(settings), Lock.TRANSFORMS, wait=True) as is_held, _counted():
        try:
            yield open_context(settings)
        except Exception as error:
            if is_held():
                raise
            forget_context()  # Its connection is dead.
            raise Unavailable("The database went away.", "check that it runs, then run again.") from error


@contextmanager
def take_turn() -> Iterator[None]:
    """Holds the same lock for a plan that a person applies with SQLMesh; within `locked_context` it is held already."""
    if _turns["held"]:
        yield
        return
    with hold_lock(open_engine(load_settings()), Lock.TRANSFORMS, wait=True), _counted():
        yield


@contextmanager
def _counted() -> Iterator[None]:
    _turns["held"] += 1
    try:
        yield
    finally:
        _turns["held"] -= 1


def open_context(settings: Settings) -> "Context":
    """Returns the context of the project's files as they were when this process first asked: it costs half a second.

    Raises:
        TransformFailed: a file of the project cannot be read as a model.
    """
    from sqlmesh.utils.errors import SQLMeshError

    from churn.stores.sql_models.failures import understand_load

    try:
        return _context(settings)
    except SQLMeshError as error:
        raise understand_load(error, TRANSFORMS_DIR) from error


def forget_context() -> None:
    """Makes the next caller load the project's files and connect anew."""
    _context.cache_clear()


@lru_cache(maxsize=1)
def _context(settings: Settings) -> "Context":
    prepare_environment(settings)
    from sqlmesh.core.context import Context

    recording_console()
    return Context(paths=[str(TRANSFORMS_DIR)])


@lru_cache(maxsize=1)
def recording_console() -> Any:
    """The console of this process, which remembers what SQLMesh would have printed."""
    import churn.stores.sql_models.console as recording

    return recording.install()

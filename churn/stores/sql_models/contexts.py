"""The SQLMesh context: each process loads it once, and only one process at a time uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from churn.errors import LockLost, TransformFailed, Unavailable
from churn.settings import PROJECT_DIR, Settings, load_settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.locks import PATIENCE, Lock, check_held, hold_lock
from churn.stores.sql_models.environment import prepare_environment

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmesh.core.context import Context

TRANSFORMS_DIR = PROJECT_DIR / "transforms"

_turns = {"held": 0}
"""The number of nested blocks of this process that hold the lock. An advisory lock belongs to a connection: SQLMesh's
plan evaluator, which runs within such a block, would wait for ever for the lock that its own process holds."""


@contextmanager
def locked_context(settings: Settings) -> Iterator["Context"]:
    """Yields the context to one process at a time.

    Raises:
        TransformFailed: a file of the project cannot be read as a model.
        Unavailable: the connection to the database was lost, whatever error SQLMesh raised.
        LockLost: another process has taken a lock that this process held.
    """
    engine = open_engine(settings)
    with hold_lock(engine, Lock.TRANSFORMS, PATIENCE) as is_held, _counted():
        try:
            yield open_context(settings)
        except Exception as error:
            if is_held():
                _refuse_lost(engine)
                raise
            forget_context()  # Its connection is closed; the next caller needs a new one.
            raise Unavailable(
                "The connection to the database was lost.", "start the database, then run again."
            ) from error


def _refuse_lost(engine: "Engine") -> None:
    """Raises LockLost where SQLMesh raised an error of its own, because its commit was refused."""
    try:
        check_held(engine)
    except LockLost:
        forget_context()  # What SQLMesh remembers of this transaction was rolled back.
        raise


@contextmanager
def take_turn() -> Iterator[None]:
    """Holds the same lock for a plan that a person applies with SQLMesh. Does nothing within `locked_context`."""
    if _turns["held"]:
        yield
        return
    with hold_lock(open_engine(load_settings()), Lock.TRANSFORMS, PATIENCE), _counted():
        yield


@contextmanager
def _counted() -> Iterator[None]:
    _turns["held"] += 1
    try:
        yield
    finally:
        _turns["held"] -= 1


def open_context(settings: Settings) -> "Context":
    """Returns the context. It is loaded once per process, which takes half a second; later file changes are not seen.

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
    """Makes the next caller load the project's files and connect again."""
    _context.cache_clear()


@lru_cache(maxsize=1)
def _context(settings: Settings) -> "Context":
    prepare_environment(settings)
    from sqlmesh.core.context import Context

    recording_console()
    context = Context(paths=[str(TRANSFORMS_DIR)], load=False)
    _bring_state_up_to_date(context)  # Before the files are loaded, which reads SQLMesh's records.
    context.load()
    return context


def _bring_state_up_to_date(context: "Context") -> None:
    """Migrates the records of an earlier SQLMesh. Their first use would raise an error instead.

    Raises:
        TransformFailed: the records are from a later SQLMesh, and this one could damage them.
    """
    from importlib.metadata import version

    from sqlmesh.core.state_sync.base import SCHEMA_VERSION
    from sqlmesh.utils import major_minor

    kept = context._new_state_sync().get_versions(validate=False)
    if kept.schema_version == 0:  # A new database.
        return
    sqlmesh = version("sqlmesh")
    ours = major_minor(sqlmesh), SCHEMA_VERSION, major_minor(version("sqlglot"))
    theirs = major_minor(kept.sqlmesh_version), kept.schema_version, major_minor(kept.sqlglot_version)
    if any(their > our for their, our in zip(theirs, ours, strict=True)):
        raise TransformFailed(
            f"The SQL models of this database were deployed with SQLMesh {kept.sqlmesh_version}, "
            f"and this program has the earlier SQLMesh {sqlmesh}.",
            "install the later release of churn, and let all machines of this database use the same one.",
        )
    if theirs != ours:
        context.migrate()


@lru_cache(maxsize=1)
def recording_console() -> Any:
    """Returns the console of this process, which records what SQLMesh would print."""
    import churn.stores.sql_models.console as recording

    return recording.install()

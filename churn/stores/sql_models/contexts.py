"""The SQLMesh context: a workplace loads it once, and only one process at a time uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from churn.errors import LockLost, TransformFailed, Unavailable
from churn.settings import PROJECT_DIR, Settings, load_settings
from churn.stores.postgres.database import find_full_disk, open_engine
from churn.stores.postgres.locks import PATIENCE, Lock, check_held, find_held, hold_lock
from churn.stores.sql_models.environment import prepare_environment
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlmesh.core.context import Context

TRANSFORMS_DIR = PROJECT_DIR / "transforms"


@contextmanager
def locked_context(workplace: Workplace) -> Iterator["Context"]:
    """Yields the context to one process at a time.

    Raises:
        TransformFailed: a file of the project cannot be read as a model.
        Unavailable: the connection to the database was lost, whatever error SQLMesh raised.
        LockLost: another process has taken a lock that this process held.
    """
    with hold_lock(workplace.engine, Lock.TRANSFORMS, PATIENCE) as is_held:
        try:
            yield open_context(workplace)
        except Exception as error:
            if is_held():
                _refuse_lost(workplace)
                raise
            workplace.forget(load_context)  # Its connection is closed; the next caller needs a new one.
            raise find_full_disk(workplace.settings) or Unavailable(
                "The connection to the database was lost.", "start the database, then run again."
            ) from error


def _refuse_lost(workplace: Workplace) -> None:
    """Raises LockLost where SQLMesh raised an error of its own, because its commit was refused."""
    try:
        check_held(workplace.engine)
    except LockLost:
        workplace.forget(load_context)  # What SQLMesh remembers of this transaction was rolled back.
        raise


@contextmanager
def take_turn() -> Iterator[None]:
    """Holds the same lock for a plan that a person applies with SQLMesh. Does nothing within `locked_context`."""
    engine = open_engine(load_settings())
    # An advisory lock belongs to a connection: within `locked_context`, this one would wait for its own process.
    if Lock.TRANSFORMS in find_held(engine):
        yield
        return
    with hold_lock(engine, Lock.TRANSFORMS, PATIENCE):
        yield


def open_context(workplace: Workplace) -> "Context":
    """Returns the context of a workplace, which loads it at its first use. Later changes of files are not seen.

    Raises:
        TransformFailed: a file of the project cannot be read as a model.
    """
    from sqlmesh.utils.errors import SQLMeshError

    from churn.stores.sql_models.failures import understand_load

    try:
        return workplace.open_once(load_context)
    except SQLMeshError as error:
        raise understand_load(error, TRANSFORMS_DIR) from error


def load_context(settings: Settings) -> "Context":
    """Loads the files of the project. The console of the context records what SQLMesh would print."""
    prepare_environment(settings)
    from sqlmesh.core.console import set_console
    from sqlmesh.core.context import Context

    from churn.stores.sql_models.console import RecordingConsole

    set_console(RecordingConsole())  # SQLMesh 0.236 has no argument for it: a context takes the console of the process.
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

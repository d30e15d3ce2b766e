"""Sets up a team's database: its tables, their upgrade to a new release, and the rights of each role."""

from churn.settings import Settings
from churn.stores.postgres import database
from churn.stores.postgres.callers import ensure_caller
from churn.stores.postgres.migrating import Migration
from churn.stores.postgres.readers import READER, ensure_reader
from churn.stores.postgres.writers import WRITER, ensure_writer
from churn.stores.workplace import Workplace, open_workplace


def set_up(workplace: Workplace) -> str:
    """Creates missing tables, grants writer and reader their rights, and returns one sentence about the result.

    Run it as the role that will own the tables (churn_deployer in stores/postgres/roles.sql).
    """
    with workplace.engine.begin() as connection:
        writes, reads = ensure_writer(connection), ensure_reader(connection)
        ensure_caller(connection)
    rights = [f"{WRITER} may write" if writes else f"the role {WRITER} does not exist, so only this user may write"]
    rights += [f"{READER} may read" if reads else f"the role {READER} does not exist, so only this user may read"]
    return f"The tables exist; {'; '.join(rights)}."


def find_steps(settings: Settings) -> list[Migration]:
    """Returns the migrations that bring the tables of the database to this release, in order.

    Raises:
        NewerDatabase: the tables of the database are from a later release.
    """
    return database.find_pending(settings)


def upgrade(settings: Settings) -> str:
    """Runs the pending migrations, all or none, grants the roles their rights on the result, and returns a summary.

    Run it as the role that owns the tables.
    """
    steps = database.upgrade(settings)
    with open_workplace(settings) as workplace:  # Only now: the old tables could not be opened before.
        rights = set_up(workplace)
    done = "1 upgrade step was run" if len(steps) == 1 else f"{len(steps)} upgrade steps were run"
    return f"{done}. {rights}" if steps else "The tables are up to date with this release."

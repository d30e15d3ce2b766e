"""Setting a database up for a team: its tables, the steps to those of a new release, and who may do what with them."""

from churn.settings import Settings
from churn.stores.postgres import database
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.migrating import Migration
from churn.stores.postgres.readers import READER, ensure_reader
from churn.stores.postgres.writers import WRITER, ensure_writer


def set_up(settings: Settings) -> str:
    """Makes the tables that are missing and gives writer and reader their rights; returns what is so now.

    Run as the role that is to own the tables (churn_deployer of stores/roles.sql).
    """
    with open_engine(settings).begin() as connection:
        writes, reads = ensure_writer(connection), ensure_reader(connection)
    told = [f"{WRITER} may write" if writes else f"there is no role {WRITER}: only this user writes"]
    told += [f"{READER} may read" if reads else f"there is no role {READER}: only this user reads"]
    return f"The tables are there; {'; '.join(told)}."


def find_steps(settings: Settings) -> list[Migration]:
    """Returns the steps from the tables of the database to those of this release, in order.

    Raises:
        NewerDatabase: the database is of a later release.
    """
    return database.find_pending(settings)


def upgrade(settings: Settings) -> str:
    """Takes those steps, all or none, and gives the roles their rights on what they made; returns what was done.

    Run as the role that owns the tables.
    """
    taken = database.upgrade(settings)
    rights = set_up(settings)
    steps = "1 step was taken" if len(taken) == 1 else f"{len(taken)} steps were taken"
    return f"{steps}. {rights}" if taken else "The tables are those of this release."

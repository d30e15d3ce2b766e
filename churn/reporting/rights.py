"""Setting a database up for a team: its tables, and who may do what with them."""

from churn.settings import Settings
from churn.stores.postgres.database import open_engine
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

"""A lock that is lost while its run is at work."""

import sqlalchemy as sa

from churn.settings import Settings
from churn.stores.postgres.database import open_engine
from tests.support.days import ask

OTHER = "UPDATE ops.lock_tokens SET token = token + 1, holder = 'process 1 on elsewhere' WHERE lock = 'pipeline'"
"""What another process does when it takes the lock."""


def lose_locks(settings: Settings) -> None:
    """Ends the sessions that hold locks, as a firewall or a restart does; another process takes the pipeline."""
    ended = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
    )
    ask(settings, f"{ended} (SELECT oid FROM pg_database WHERE datname = current_database())")
    other = sa.create_engine(open_engine(settings).url)
    with other.begin() as connection:
        connection.execute(sa.text(OTHER))
    other.dispose()

"""Postgres as a member of the stack: the supervisor starts the embedded server, but only checks a server of yours."""

from churn.errors import ChurnError
from churn.secrecy import without_login
from churn.settings import Settings
from churn.stack_note import Standing
from churn.stores.postgres import embedded

STOPPED = Standing("postgres", "Postgres", "", None, is_well=False, starts=0)


def keep_postgres(settings: Settings) -> Standing:
    """Starts the embedded server if it is in use and does not run. Returns its state."""
    if settings.database_url is not None:
        return Standing("postgres", "Postgres", "yours: CHURN_DATABASE_URL", None, is_well(settings), 0)
    try:
        uri = embedded.find_embedded(settings.home_dir) or embedded.start_embedded(settings.home_dir)
    except ChurnError as error:
        print(error, flush=True)  # noqa: T201 the supervisor's log
        return STOPPED
    # Without the password: the note is shown, and other users may read it.
    url = without_login(uri)
    return Standing("postgres", "Postgres", url, embedded.find_postmaster(settings.home_dir), is_well(settings), 1)


def is_well(settings: Settings) -> bool:
    """Returns whether the database answers a query."""
    if settings.database_url is not None:
        return embedded.is_answering(settings.database_url.get_secret_value())
    return embedded.is_embedded_answering(settings.home_dir)

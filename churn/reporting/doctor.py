"""Shows what is configured, which services answer and work, and which versions are installed."""

import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version

from churn.errors import understand
from churn.reporting import trials
from churn.secrecy import hide_secrets, without_login
from churn.settings import Settings
from churn.stack_note import find_stack

_LIBRARIES = ("prefect", "sqlmesh", "pandera", "mlflow", "scikit-learn", "xgboost", "polars", "sqlalchemy", "psycopg")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    subject: str
    told: str
    is_well: bool = True


def examine(settings: Settings, prefect_url: str | None, is_alert_sent: bool = False) -> list[Finding]:
    """Checks every part, and tries what a run needs of it. Starts nothing and shows no password.

    Args:
        settings: the settings of the product.
        prefect_url: the API address in Prefect's own settings; None if they have no address.
        is_alert_sent: whether to send a test alert to each address.
    """
    found = [
        Finding("churn", f"{version('churn')} on Python {platform.python_version()}"),
        Finding("home", str(settings.home_dir)),
        _ask("database", lambda: _database(settings)),
        _ask("published", lambda: _published(settings)),
        _days(settings),
        _ask("registry", lambda: trials.try_registry(settings)),
        _ask("prefect", lambda: _prefect(settings, prefect_url)),
        _ask("landing", lambda: trials.try_landing(settings)),
        _ask("alerts", lambda: trials.try_alerts(settings, is_alert_sent)),
        _stack(settings),
        Finding("versions", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)),
    ]
    # A library's own words may hold the whole address of the registry, with its login.
    return [replace(finding, told=hide_secrets(finding.told, settings)) for finding in found]


def _ask(subject: str, question: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, question())
    except Exception as error:  # Whatever fails, the other parts are still examined.
        return Finding(subject, str(understand(error)), is_well=False)


def _database(settings: Settings) -> str:
    from churn.stores.postgres import database, embedded
    from churn.stores.workplace import open_workplace

    if settings.database_url is None and embedded.find_embedded(settings.home_dir) is None:
        return "embedded, not running; the next command that needs it starts it"
    with open_workplace(settings) as workplace, workplace.engine.connect() as connection:
        server = connection.exec_driver_sql("SHOW server_version").scalar_one()
    kind = "embedded" if settings.database_url is None else "from CHURN_DATABASE_URL"
    return f"{kind}, PostgreSQL {server}, {without_login(database.locate(settings))}"


def _published(settings: Settings) -> str:
    from churn.stores.ledgers import publications
    from churn.stores.postgres import embedded
    from churn.stores.workplace import open_workplace

    if settings.database_url is None and embedded.find_embedded(settings.home_dir) is None:
        return "unknown while the database is not running"
    with open_workplace(settings) as workplace:
        latest = publications.find_publication(workplace.engine)
    return f"up to {latest.prediction_date}" if latest else "nothing is published yet; run `churn run --source FILE`"


def _days(settings: Settings) -> Finding:
    """Checks whether every table that people read matches the scores of every published date."""
    from churn.stores.postgres import embedded

    if settings.database_url is None and embedded.find_embedded(settings.home_dir) is None:
        return Finding("days", "unknown while the database is not running")
    from churn.stages.transforms import find_torn
    from churn.stores.workplace import open_workplace

    try:
        with open_workplace(settings) as workplace:
            tears = find_torn(workplace)
    except Exception as error:
        return Finding("days", str(understand(error)), is_well=False)
    if not tears:
        return Finding("days", "every published date matches its scores")
    examples = "; ".join(map(str, tears[:3]))
    days = len({tear.day for tear in tears})
    count = "1 published date does" if days == 1 else f"{days:,} published dates do"
    fact = f"{count} not match the scores. For example {examples}."
    return Finding("days", f"{fact} Next: run `churn transforms check`.", is_well=False)


def _prefect(settings: Settings, prefect_url: str | None) -> str:
    stack = find_stack(settings.home_dir)
    local = stack.url_of("prefect") if stack is not None else None
    if prefect_url:
        return f"server at {prefect_url}"
    return f"server at {local}/api" if local else "no server is configured; each run starts a temporary server"


def _stack(settings: Settings) -> Finding:
    from churn.local_stack.stack import look

    services = [line.standing for line in look(settings)]
    if not services:
        return Finding("stack", "not running; `churn up` starts Prefect, a worker and MLflow on this machine")
    if unhealthy := [service.title for service in services if not service.is_well]:
        logs = settings.home_dir / "logs"
        fact = f"{', '.join(unhealthy)} did not pass the health check. Next: read the logs in {logs}."
        return Finding("stack", fact, is_well=False)
    # The first service is the database, which has a line of its own in this report.
    return Finding("stack", ", ".join(f"{service.title} {service.url}".strip() for service in services[1:]))

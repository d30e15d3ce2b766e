"""The services of the local stack, in the order in which they start."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from churn.economics.keeping import load_keep
from churn.local_stack.gate import names_of
from churn.settings import Settings
from churn.stack_note import ensure_login

HERE = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """One process of the stack.

    Attributes:
        name: the short name, in the note and of the log file.
        title: the name for people.
        command: the command that runs it.
        health: the address of its health check.
        sign: the text that a healthy answer contains.
        url: the address of its pages; empty when it has none.
        port: the port that it listens on; None when it listens on none.
        environment: variables in addition to the inherited ones.
        needs: the services that must be healthy before it starts.
    """

    name: str
    title: str
    command: tuple[str, ...]
    health: str
    sign: str = ""
    url: str = ""
    port: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


def services_of(settings: Settings) -> tuple[Service, ...]:
    """Returns the services of the local stack. Postgres is not among them: `postgres.keep_postgres` starts it."""
    services = [_prefect(settings), _worker(settings)]
    if settings.mlflow_tracking_uri is None:
        services.insert(0, _mlflow(settings))
    if find_spec("churn.dashboard") is not None:
        services.append(_dashboard(settings))
    if find_spec("churn.api") is not None:
        services.append(_api(settings))
    return tuple(services)


def _mlflow(settings: Settings) -> Service:
    """MLflow over the database and artifacts of `churn run`: the runs are the same with and without the server."""
    url = f"http://{HERE}:{settings.mlflow_port}"
    return Service(
        name="mlflow",
        title="MLflow",
        command=(sys.executable, "-P", "-m", "churn.local_stack.mlflow_server", HERE, str(settings.mlflow_port)),
        health=f"{url}/health",
        sign="OK",
        url=url,
        port=settings.mlflow_port,
        environment={"CHURN_STACK_LOGIN": ensure_login(settings.home_dir)},
        needs=("postgres",),
    )


def _prefect(settings: Settings) -> Service:
    """Prefect with a SQLite file of its own.

    On Postgres Prefect 3.8 needs the extension pg_trgm, which the embedded server does not have.
    """
    port = str(settings.prefect_port)
    url = f"http://{HERE}:{port}"
    return Service(
        name="prefect",
        title="Prefect",
        command=(sys.executable, "-P", "-m", "churn.local_stack.prefect_server", HERE, port),
        health=f"{url}/api/health",
        sign="true",
        url=url,
        port=settings.prefect_port,
        environment=_prefect_home(settings)
        | {
            "PREFECT_SERVER_API_AUTH_STRING": ensure_login(settings.home_dir),
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(f"http://{name}" for name in names_of(port)),
            # Without it, pages on another port than 4200 would talk to whichever server uses 4200.
            "PREFECT_UI_API_URL": f"{url}/api",
            "PREFECT_UI_STATIC_DIRECTORY": str(settings.home_dir / "prefect" / "ui"),
            # On disk. In memory (Prefect's default) the server forgets its leases when it restarts, and a run that died
            # with it would hold its concurrency slot for ever.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            **_forget_old_runs(settings),
        },
    )


def _forget_old_runs(settings: Settings) -> dict[str, str]:
    """Lets Prefect delete its records of old runs every hour; with 0 days in [keep] it keeps them for ever."""
    days = load_keep(settings.policies).runs_days
    return {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs" if days else "events",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str((days or 90) * 86_400),
    }


def _worker(settings: Settings) -> Service:
    """A worker: registers the deployments of prefect.yaml, then executes the scheduled runs."""
    port = settings.worker_port
    return Service(
        name="worker",
        title="Worker",
        command=(sys.executable, "-P", "-m", "flows.worker", "local", "--with-healthcheck"),
        health=f"http://{HERE}:{port}/health",
        port=port,
        environment=_prefect_home(settings)
        | {
            "PREFECT_API_URL": f"http://{HERE}:{settings.prefect_port}/api",
            "PREFECT_API_AUTH_STRING": ensure_login(settings.home_dir),
            "PREFECT_WORKER_WEBSERVER_HOST": HERE,
            "PREFECT_WORKER_WEBSERVER_PORT": str(port),
        },
    )


def _dashboard(settings: Settings) -> Service:
    url = f"http://{HERE}:{settings.dashboard_port}"
    return Service(
        name="dashboard",
        title="Dashboard",
        command=(str(Path(sys.executable).with_name("churn")), "dashboard", "--port", str(settings.dashboard_port)),
        health=f"{url}/_stcore/health",
        url=url,
        port=settings.dashboard_port,
        needs=("postgres",),
    )


def _api(settings: Settings) -> Service:
    url = f"http://{HERE}:{settings.api_port}"
    return Service(
        name="api",
        title="Online scores",
        command=(str(Path(sys.executable).with_name("churn")), "serve", "--port", str(settings.api_port)),
        health=f"{url}/health/live",  # Not ready: before the first training there is no model, and the stack is well.
        sign="live",
        url=url,
        port=settings.api_port,
        needs=("postgres",),
    )


def _prefect_home(settings: Settings) -> dict[str, str]:
    """Returns the variables of a separate Prefect home, so that the stack leaves the user's profile and data alone."""
    return {
        "PREFECT_HOME": str(settings.home_dir / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "true",
    }

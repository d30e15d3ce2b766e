"""What the local stack consists of: one entry a service, in the order in which they are started."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from churn.settings import Settings

HERE = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """One process of the stack.

    Attributes:
        name: of its log file, and in the note.
        title: as a person calls it.
        command: what is run.
        health: address that is asked whether it is well.
        sign: what the answer must contain.
        url: where a person looks at it; empty when there is nothing to see.
        port: the port it listens on; None when on none.
        environment: variables it is given beside the inherited ones.
        needs: services that must be well before it is started.
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
    """Returns the services of this machine's stack; Postgres is not among them, it keeps itself."""
    services = [_prefect(settings), _worker(settings)]
    if settings.mlflow_tracking_uri is None:
        services.insert(0, _mlflow(settings))
    if find_spec("churn.dashboard") is not None:
        services.append(_dashboard(settings))
    return tuple(services)


def _mlflow(settings: Settings) -> Service:
    """Its runs are the same with and without it: database and artifacts are those that `churn run` uses alone."""
    url = f"http://{HERE}:{settings.mlflow_port}"
    return Service(
        name="mlflow",
        title="MLflow",
        command=(sys.executable, "-m", "churn.local_stack.mlflow_server", HERE, str(settings.mlflow_port)),
        health=f"{url}/health",
        sign="OK",
        url=url,
        port=settings.mlflow_port,
        needs=("postgres",),
    )


def _prefect(settings: Settings) -> Service:
    """Its own SQLite: Prefect on Postgres needs the extension pg_trgm, which the embedded server does not bring."""
    port = str(settings.prefect_port)
    url = f"http://{HERE}:{port}"
    return Service(
        name="prefect",
        title="Prefect",
        command=(sys.executable, "-m", "prefect", "server", "start", "--host", HERE, "--port", port),
        health=f"{url}/api/health",
        sign="true",
        url=url,
        port=settings.prefect_port,
        environment=_prefect_home(settings)
        | {
            "PREFECT_UI_STATIC_DIRECTORY": str(settings.home_dir / "prefect" / "ui"),
            # On disk: kept in memory, the place of a run that died with the server would stay taken for ever.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        },
    )


def _worker(settings: Settings) -> Service:
    """Registers the deployments of prefect.yaml, then runs what is scheduled."""
    port = settings.worker_port
    return Service(
        name="worker",
        title="Worker",
        command=(sys.executable, "-m", "flows.worker", "local", "--with-healthcheck"),
        health=f"http://{HERE}:{port}/health",
        port=port,
        environment=_prefect_home(settings)
        | {
            "PREFECT_API_URL": f"http://{HERE}:{settings.prefect_port}/api",
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


def _prefect_home(settings: Settings) -> dict[str, str]:
    """A Prefect of its own: neither the profile nor the data of the user's."""
    return {
        "PREFECT_HOME": str(settings.home_dir / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "true",
    }

"""Starts the server: one process, or several workers on one port."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryDirectory

from churn.api.guard import Application
from churn.api.keys import KEY_FILE, load_keys
from churn.api.routes import create_app
from churn.local_stack.health import check_free
from churn.settings import load_settings


def serve(host: str, port: int, workers: int, shadow: int | None = None) -> None:
    """Serves online scores until the process is stopped.

    Raises:
        WrongUsage: another program uses the port, or the declaration or the API keys cannot be read.
    """
    check_free(host, port, "churn serve", "--port")
    # A registry that does not answer must not keep a promotion from being served within ten seconds.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "4")
    os.environ["CHURN_API_PORT"] = str(port)  # For the workers, which are processes of their own.
    if shadow is not None:
        os.environ["CHURN_API_SHADOW"] = str(shadow)
    with _shared_metrics(workers):
        _run(host, port, workers)


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Gives several workers a folder in which they add up their metrics."""
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="churn-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # For the workers, which import the library after this.
        yield


def _run(host: str, port: int, workers: int) -> None:
    import uvicorn

    uvicorn.run(
        "churn.api.serving:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop" if find_spec("uvloop") else "asyncio",
        http="httptools" if find_spec("httptools") else "h11",
        log_level="warning",
        access_log=False,  # The path of a request has the customer's number.
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        limit_concurrency=1_000,
    )


def name_key() -> str:
    """Returns where the API key is, in words; makes one for a home without.

    Raises:
        WrongUsage: CHURN_API_KEYS has an entry that is not allowed.
    """
    settings = load_settings()
    names = list(load_keys(settings))
    if settings.api_keys is not None:
        return f"CHURN_API_KEYS has its keys: {', '.join(names)}."
    return f"Its key is in {settings.home_dir / KEY_FILE}."


def create() -> Application:
    """Returns the application of one worker; uvicorn calls it in each."""
    return create_app(load_settings())

"""A command's frame: the libraries quiet, errors in one line."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from churn.shell.one_line import one_line_errors


@contextmanager
def quiet_command(verbose: bool) -> Iterator[None]:
    """Runs the body of a command with the libraries quiet and errors in one line.

    Not for commands that start other programs (up, dashboard, psql): these inherit the environment, and Prefect's
    server and worker would write no logs.
    """
    quieten(verbose)
    with one_line_errors(verbose):
        yield


def quieten(verbose: bool) -> None:
    """Keeps the libraries' output off the terminal; the logs of a run on Prefect's server stay complete."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    # MLflow 3 prints "View run ... at" to standard output for a tracking server, into the middle of --json.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    if verbose:
        return
    # Prefect reads these when it is imported, so they are set before any flow is.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_FLOW_RUNS_LEVEL", "CRITICAL")
    warnings.simplefilter("ignore")
    for name in ("mlflow", "psycopg"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # The person at the terminal must see why a run stands still; Prefect's handlers are silent here.
    if logging.lastResort is not None:
        logging.getLogger("churn.locks").addHandler(logging.lastResort)

"""Distinguishes a registry that does not answer from a registry that answers with an error.

MLflow's exception is recognised by the name of its class, so that this module does not import MLflow.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from churn.errors import RegistryDown, RegistryRefused

Params = ParamSpec("Params")
Answer = TypeVar("Answer")

_ANSWERS = ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS", "INVALID_PARAMETER_VALUE")
"""The error codes of a healthy registry, for example for a missing version. Any other code means a faulty registry."""


@contextmanager
def answering() -> Iterator[None]:
    """Turns errors within the block into RegistryDown, if they mean that the registry does not answer.

    Raises:
        RegistryDown: the registry did not answer, or is faulty.
    """
    try:
        yield
    except Exception as error:
        if not _is_no_answer(error):
            raise
        raise RegistryDown(
            f"The MLflow registry did not answer: {str(error).strip().splitlines()[0][:200]}",
            "start it, or correct CHURN_MLFLOW_TRACKING_URI; `churn doctor` shows what is configured.",
        ) from error


def raises_registry_down(call: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Makes a function raise RegistryDown if the registry does not answer, and RegistryRefused if it refuses."""

    @wraps(call)
    def call_registry(*arguments: Params.args, **options: Params.kwargs) -> Answer:
        try:
            with answering():
                return call(*arguments, **options)
        except Exception as error:
            if not _is_mlflow(error):
                raise
            raise RegistryRefused(
                f"The MLflow registry refused: {str(error).strip().splitlines()[0][:200]}",
                "correct that in MLflow, then run `churn train`.",
            ) from error

    return call_registry


def is_missing(error: Exception) -> bool:
    """Returns whether an error of a download means that the file does not exist."""
    if isinstance(error, OSError):
        status = getattr(getattr(error, "response", None), "status_code", None)  # requests' HTTPError has a response.
        # MLflow 3.17 raises a bare OSError without a number for a local path that does not exist.
        return error.errno == errno.ENOENT or status == 404 or (type(error) is OSError and error.errno is None)
    return _is_mlflow(error)


def _is_mlflow(error: Exception) -> bool:
    return any(kind.__name__ == "MlflowException" for kind in type(error).__mro__)


def _is_no_answer(error: Exception) -> bool:
    if isinstance(error, OSError):  # The errors of requests are subclasses of OSError. A full disk is local.
        return error.errno != errno.ENOSPC and not is_missing(error)
    if _is_mlflow(error):
        return getattr(error, "error_code", "") not in _ANSWERS
    # SQLAlchemy's error for the database of MLflow.
    return any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
